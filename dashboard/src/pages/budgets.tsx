export function BudgetsPage() { return <h1>Budgets</h1>; }
