use super::*;

fn read(text: &str) -> Result<Invoice, String> {
    Invoice::read(text, None, Zone::UTC).map_err(|violations| violations.to_string())
}

fn lines(text: &str) -> Vec<(String, String, String)> {
    let shown = |line: &Line| (line.day.to_string(), line.name.clone(), line.amount.to_string());
    read(text).unwrap().lines.iter().map(shown).collect()
}

fn row(day: &str, name: &str, amount: &str) -> (String, String, String) {
    (day.to_owned(), name.to_owned(), amount.to_owned())
}

#[test]
fn headers_are_found_by_their_names() {
    let own = "date,model,cost\n2026-11-01,gpt-4o,12.50\n2026-11-02,\"gpt-4o, mini\",-0.5\n";
    assert_eq!(
        lines(own),
        [row("2026-11-01", "gpt-4o", "12.5"), row("2026-11-02", "gpt-4o, mini", "-0.5")]
    );
    let of_openai = "start_time,end_time,start_time_iso,amount_value,amount_currency,line_item\n\
                     1793491200,1793577600,2026-11-01T00:00:00+00:00,0.06,usd,\"gpt-4o, input\"\n";
    assert_eq!(lines(of_openai), [row("2026-11-01", "gpt-4o, input", "0.06")]);
    let of_anthropic = "\u{feff}Usage Date (UTC);Model;Cost (USD)\r\n\
                        2026-11-01;claude-sonnet-4-5;$1.25\r\n";
    assert_eq!(lines(of_anthropic), [row("2026-11-01", "claude-sonnet-4-5", "1.25")]);
}

#[test]
fn instants_belong_to_the_days_of_the_zone() {
    let text = "timestamp,model,cost\n2026-11-01T20:00:00Z,m,1\n2026-11-01 20:00:00,m,1\n";
    let invoice = Invoice::read(text, None, Zone::parse("Asia/Kathmandu").unwrap()).unwrap();
    let days: Vec<String> = invoice.lines.iter().map(|line| line.day.to_string()).collect();
    assert_eq!(days, ["2026-11-02", "2026-11-01"]);
}

#[test]
fn every_problem_comes_with_its_line() {
    let text = "day,model,cost,currency\n\
                2026-11-01,m,\"1,5\",USD\n\
                2026-11-31,m,1,USD\n\
                2026-11-01,m,1,EUR\n\
                2026-11-01,m,0.0000000000000000001,USD\n\
                2026-11-01,m,1,usd\n";
    let error = read(text).unwrap_err();
    assert!(error.contains("line 2: \"1,5\" has a comma: write decimals with a point"), "{error}");
    assert!(error.contains("line 3: \"2026-11-31\" is no day"), "{error}");
    assert!(error.contains("line 4: the currency must be USD, is \"EUR\""), "{error}");
    assert!(error.contains("line 5: \"0.0000000000000000001\" has more than 18"), "{error}");
    assert!(!error.contains("line 6"), "{error}");
    let many = format!("day,cost\n{}", "x,1\n".repeat(30));
    assert!(read(&many).unwrap_err().ends_with("and 10 more lines"));
}

#[test]
fn what_is_no_export_is_refused() {
    assert_eq!(read(" \n").unwrap_err(), "invoice: is required");
    assert_eq!(read("day,model,cost\n").unwrap_err(), "invoice: has no line about usage");
    assert!(read("model,cost\nm,1\n").unwrap_err().contains("no column of days"));
    assert!(read("day,model\n2026-11-01,m\n").unwrap_err().contains("no column of costs"));
    assert!(read("{\"data\": [").unwrap_err().contains("is no JSON"));
    assert!(read("{\"object\": \"page\"}").unwrap_err().contains("is no page of a cost API"));
}

#[test]
fn taxes_and_sums_are_left_aside() {
    let text = "day,model,cost\n2026-11-01,m,1\n2026-11-01,Sales Tax,5\n2026-11-01,,3\n";
    let invoice = read(text).unwrap();
    assert_eq!((invoice.lines.len(), invoice.other_line_count), (1, 2));
    let unnamed = read("day,cost\n2026-11-01,1\n2026-11-02,2\n").unwrap();
    assert_eq!((unnamed.lines.len(), unnamed.other_line_count), (2, 0));
    assert!(!unnamed.has_names());
    assert_eq!(unnamed.days().1.to_string(), "2026-11-02");
}

#[test]
fn pages_of_openai_are_read() {
    let page = |more: bool, value: &str| {
        format!(
            "{{\"object\": \"page\", \"has_more\": {more}, \"data\": [{{\"object\": \"bucket\", \
             \"start_time\": 1793491200, \"end_time\": 1793577600, \"results\": [{{\"amount\": \
             {{\"value\": {value}, \"currency\": \"usd\"}}, \"line_item\": \"gpt-4o, input\", \
             \"project_id\": null}}]}}]}}"
        )
    };
    let two = format!("{}\n{}", page(true, "0.06"), page(false, "1.2345678901234567e-05"));
    let expected = [
        row("2026-11-01", "gpt-4o, input", "0.06"),
        row("2026-11-01", "gpt-4o, input", "0.000012345678901235"),
    ];
    assert_eq!(lines(&two), expected);
    assert_eq!(lines(&format!("[{}, {}]", page(true, "0.06"), page(false, "0.06"))).len(), 2);
    assert!(read(&page(true, "1")).unwrap_err().contains("append the pages that follow"));
    let euro = page(false, "1").replace("usd", "eur");
    assert!(read(&euro).unwrap_err().contains("data[0].results[0]: the currency must be USD"));
}

#[test]
fn pages_of_anthropic_are_in_cents() {
    let page = r#"{"data": [{"starting_at": "2026-11-01T00:00:00Z", "ending_at": "2026-11-02T00:00:00Z",
        "results": [
          {"amount": "123.78912", "currency": "USD", "model": "claude-sonnet-4-5",
           "description": "Claude Sonnet 4.5 Usage - Input Tokens", "token_type": "uncached_input_tokens"},
          {"amount": "10", "currency": "USD", "model": null, "description": "Web Search Usage"}]}],
        "has_more": false, "next_page": null}"#;
    let expected = [
        row("2026-11-01", "claude-sonnet-4-5", "1.2378912"),
        row("2026-11-01", "Web Search Usage", "0.1"),
    ];
    assert_eq!(lines(page), expected);
    assert_eq!(read(page).unwrap().decimals, 7);
}
