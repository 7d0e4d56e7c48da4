use super::*;
use crate::web::methods::Methods;

fn shape(name: &str) -> MessageDescriptor {
    let methods = Methods::new();
    methods.pool().get_message_by_name(name).expect("a message of the package")
}

fn record(text: &str) -> Result<String, String> {
    let shape = shape("aiusage.v1.RecordUsageRequest");
    let message = read(&shape, text.as_bytes()).map_err(|violations| violations.to_string())?;
    Ok(String::from_utf8(write(&message).unwrap()).unwrap())
}

#[test]
fn numbers_are_exact_however_they_are_written() {
    for (written, read) in [
        ("7", "7"),
        ("\"7\"", "7"),
        ("1e3", "1000"),
        ("12.50e1", "125"),
        ("9007199254740993", "9007199254740993"),
        ("9007199254740993.0", "9007199254740993"),
        ("9223372036854775807", "9223372036854775807"),
        ("-1", "-1"),
    ] {
        let text = format!(r#"{{"record": {{"usage": {{"inputTokens": {written}}}}}}}"#);
        let expected = format!(r#""inputTokens":"{read}""#);
        let seen = record(&text).unwrap();
        assert!(seen.contains(&expected), "{written}: {seen}");
    }
    for written in ["1.5", "9223372036854775808", "1e400", "true", "\"7 \"", "[1]", "{}"] {
        let text = format!(r#"{{"record": {{"usage": {{"inputTokens": {written}}}}}}}"#);
        let problem = record(&text).unwrap_err();
        assert!(problem.starts_with("record.usage.inputTokens: "), "{written}: {problem}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_path_and_what_may_stand_there() {
    for (text, field, words) in [
        (r#"{"record": {"usr": "ada"}}"#, "record.usr", "no such field; UsageRecord has recordId"),
        (r#"{"x": 1}"#, "x", "no such field; RecordUsageRequest has record"),
        (
            r#"{"record": {"userId": 7}}"#,
            "record.userId",
            "expected a string; userId is of type string",
        ),
        (
            r#"{"record": {"eventTime": "yesterday"}}"#,
            "record.eventTime",
            "eventTime is a time such as",
        ),
        (
            r#"{"record": {"usage": {"tokenConvention": "MINE"}}}"#,
            "record.usage.tokenConvention",
            "TokenConvention is one of TOKEN_CONVENTION_UNSPECIFIED",
        ),
        ("{", "body", "not JSON: EOF"),
        ("", "body", "a call without fields is {}"),
        ("[]", "body", "expected a map"),
    ] {
        let problem = record(text).unwrap_err();
        assert!(
            problem.starts_with(&format!("{field}: ")) && problem.contains(words),
            "{text}: {problem}"
        );
    }
}

#[test]
fn zeros_are_shown_and_what_is_absent_is_not() {
    let seen = record(r#"{"record": {"usage": {"output_tokens": 0}}}"#).unwrap();
    assert!(seen.contains(r#""recordId":"""#), "{seen}");
    assert!(seen.contains(r#""outputTokens":"0""#), "{seen}");
    assert!(!seen.contains("inputTokens") && !seen.contains("null"), "{seen}");
}

#[test]
fn metadata_keep_their_numbers() {
    let seen =
        record(r#"{"record": {"requestMetadata": {"a": 0.10, "b": 7, "c": [1.0, null, "x"]}}}"#);
    let seen: serde_json::Value = serde_json::from_str(&seen.unwrap()).unwrap();
    let expected = serde_json::json!({"a": 0.1, "b": 7.0, "c": [1.0, null, "x"]});
    assert_eq!(seen["record"]["requestMetadata"], expected);
}
