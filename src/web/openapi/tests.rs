use super::*;

#[test]
fn every_method_is_there_and_says_what_it_is_for() {
    let methods = Methods::new();
    let document = document(&methods);
    let services = methods.pool().services().filter(|service| service.package_name() == PACKAGE);
    let mut count = 0;
    for method in services.flat_map(|service| service.methods().collect::<Vec<_>>()) {
        let operation = &document["paths"][methods::path(&method)]["post"];
        let summary = operation["summary"].as_str().unwrap();
        assert!(summary.len() > 10 && !summary.contains('\n'), "{}: {summary}", method.name());
        count += 1;
    }
    assert_eq!(document["paths"].as_object().unwrap().len(), count);
}

#[test]
fn every_schema_and_field_has_its_comment_and_every_reference_leads_somewhere() {
    let document = document(&Methods::new());
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas.iter().filter(|(name, _)| *name != "Error") {
        assert!(schema["description"].as_str().is_some_and(|text| text.len() > 5), "{name}");
        for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
            let about = schema["description"].as_str();
            assert!(about.is_some_and(|text| text.len() > 2), "{name}.{field}");
        }
    }
    let text = document.to_string();
    for target in text.split("#/components/schemas/").skip(1) {
        let name = target.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
}

#[test]
fn forms_are_those_of_json() {
    let document = document(&Methods::new());
    let schemas = &document["components"]["schemas"];
    let record = &schemas["UsageRecord"]["properties"];
    assert_eq!(record["eventTime"]["format"], "date-time");
    assert_eq!(record["tags"]["additionalProperties"]["type"], "string");
    assert_eq!(schemas["Usage"]["properties"]["inputTokens"]["type"], "string");
    let kind = &schemas["Alert"]["properties"]["kind"]["$ref"];
    assert_eq!(kind, "#/components/schemas/AlertKind");
    let answer = &document["paths"]["/aiusage.v1.AlertService/WatchAlerts"]["post"]["responses"];
    assert!(answer["200"]["content"]["application/x-ndjson"].is_object());
}
