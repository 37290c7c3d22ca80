use reqwest::Method;
use serde_json::{Map, Value, json};

use super::Steward;

/// A route of the OpenAPI document.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path, with `{id}` where it takes one.
    pub path: String,
    /// What the document says of it.
    pub operation: Value,
    components: Value,
}

/// What a field or a parameter holds, as far as the tests care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// An integer.
    Integer,
    /// True or false.
    Boolean,
    /// An object.
    Object,
    /// Anything else.
    Other,
}

/// Every route, as the API describes itself.
pub async fn routes(steward: &Steward) -> Vec<Route> {
    let document = steward.client().get("/api/openapi.json").await.ok();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            routes.push(Route {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                operation: operation.clone(),
                components: document["components"]["schemas"].clone(),
            });
        }
    }
    assert!(routes.len() > 30, "{}", routes.len());
    routes
}

impl Route {
    /// Its method and path.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Its path with an id.
    pub fn path_with(&self, id: impl std::fmt::Display) -> String {
        let path = self.path.replace("{id}", &id.to_string()).replace("{token}", &id.to_string());
        assert!(!path.contains('{'), "{path}: the tests know no other variables than id and token");
        path
    }

    /// Its query parameters.
    pub fn parameters(&self) -> Vec<(String, Kind)> {
        let all = self.operation["parameters"].as_array().cloned().unwrap_or_default();
        let of_query = all.into_iter().filter(|parameter| parameter["in"] == "query");
        of_query.map(|p| (p["name"].as_str().unwrap().to_owned(), self.kind(&p["schema"]))).collect()
    }

    /// The schema of a query parameter.
    pub fn parameter(&self, name: &str) -> &Value {
        let all = self.operation["parameters"].as_array().unwrap();
        let found = all.iter().find(|parameter| parameter["in"] == "query" && parameter["name"] == name);
        self.resolve(&found.unwrap()["schema"])
    }

    /// The schema of its body.
    fn body(&self) -> Option<&Value> {
        let content = &self.operation["requestBody"]["content"]["application/json"]["schema"];
        content.is_object().then(|| self.present(content))
    }

    /// The example of its body.
    pub fn example(&self) -> Option<&Value> {
        let content = &self.operation["requestBody"]["content"]["application/json"];
        content.is_object().then(|| &content["example"])
    }

    /// The schema of a field of its body, or of what that refers to.
    pub fn field(&self, name: &str) -> &Value {
        self.present(&self.body().unwrap()["properties"][name])
    }

    /// What a schema refers to, or what it has beside null.
    fn present<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let schema = self.resolve(schema);
        let parts = schema["oneOf"].as_array();
        let some = parts.and_then(|parts| parts.iter().find(|part| part["type"] != "null"));
        some.map_or(schema, |part| self.resolve(part))
    }

    /// The fields of its body: the name, whether it is required, and what it holds.
    pub fn fields(&self) -> Option<Vec<(String, bool, Kind)>> {
        let body = self.body()?;
        let required = body["required"].as_array().cloned().unwrap_or_default();
        let fields = body["properties"].as_object().unwrap().iter();
        Some(fields.map(|(name, s)| (name.clone(), required.contains(&json!(name)), self.kind(s))).collect())
    }

    /// A body of the right shape: the required fields, and every integer that is an id as `id`.
    pub fn sample(&self, id: i64) -> Option<Map<String, Value>> {
        let example = self.example()?;
        let mut sample = Map::new();
        for (name, required, kind) in self.fields()? {
            let value = match kind {
                Kind::Integer if required || is_id(&name) => json!(id),
                Kind::Text if required => example[&name].clone(),
                Kind::Boolean if required => json!(false),
                _ => continue,
            };
            sample.insert(name, value);
        }
        Some(sample)
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let Some(name) = schema["$ref"].as_str() else { return schema };
        &self.components[name.strip_prefix("#/components/schemas/").unwrap()]
    }

    fn kind(&self, schema: &Value) -> Kind {
        let schema = self.resolve(schema);
        if let Some(several) = schema["oneOf"].as_array() {
            let some: Vec<Kind> = several.iter().filter(|s| s["type"] != "null").map(|s| self.kind(s)).collect();
            return if let [one] = some[..] { one } else { Kind::Other };
        }
        let only = |types: &Vec<Value>, name: &str| types.iter().all(|kind| kind == name || kind == "null");
        let named = |name: &str| schema["type"] == name || schema["type"].as_array().is_some_and(|t| only(t, name));
        match () {
            () if named("string") => Kind::Text,
            () if named("integer") => Kind::Integer,
            () if named("boolean") => Kind::Boolean,
            () if named("object") => Kind::Object,
            () => Kind::Other,
        }
    }
}

fn is_id(name: &str) -> bool {
    name == "id" || name.ends_with("_id") || name.ends_with("Id")
}
