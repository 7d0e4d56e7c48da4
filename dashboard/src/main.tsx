import "uplot/dist/uPlot.min.css";
import "./style/tokens.css";
import "./style/base.css";
import "./style/shell.css";
import "./style/controls.css";
import "./style/parts.css";
import "./style/table.css";
import "./style/chart.css";
import "./style/pages.css";
import "./style/insights.css";

import { render } from "preact";

import { App } from "./app";
import { followLinks } from "./state/route";
import { resume } from "./state/session";
import { applyTheme } from "./state/theme";

applyTheme();
followLinks();
void resume();
const root = document.getElementById("app");
if (root) render(<App />, root);
