//! The template of the deployment, as far as it is looked at.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use serde_norway::Value as Yaml;

/// The top of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// `infra/template.yaml`, with CloudFormation's short tags spelled out.
pub struct Template(pub Value);

/// One resource of it.
pub type Resource<'a> = (&'a str, &'a Value);

impl Template {
    /// Reads it.
    pub fn read() -> Self {
        let text = fs::read_to_string(root().join("infra/template.yaml")).unwrap();
        Self(spelled_out(serde_norway::from_str(&text).unwrap()))
    }

    /// Every resource, by its logical name.
    pub fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        self.0["Resources"].as_object().unwrap().iter().map(|(name, resource)| (name.as_str(), resource))
    }

    /// Those of a type.
    pub fn of_type(&self, kind: &str) -> Vec<Resource<'_>> {
        self.resources().filter(|(_, resource)| resource["Type"] == kind).collect()
    }

    /// The one with a logical name, which must be of that type.
    pub fn resource(&self, name: &str, kind: &str) -> &Value {
        let resource = &self.0["Resources"][name];
        assert_eq!(resource["Type"], kind, "{name}");
        resource
    }

    /// The functions by the name of their program, with their logical names.
    pub fn functions(&self) -> BTreeMap<&str, Resource<'_>> {
        let functions = self.of_type("AWS::Serverless::Function").into_iter();
        functions.map(|(name, function)| (program(function), (name, function))).collect()
    }

    /// The program of the function with a logical name.
    pub fn program_of(&self, name: &str) -> &str {
        program(self.resource(name, "AWS::Serverless::Function"))
    }
}

/// The name of a function's program.
fn program(function: &Value) -> &str {
    function["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap()
}

/// A name that starts with that of the stack; the rest of it.
pub fn of_stack(name: &Value) -> &str {
    let text = name["Fn::Sub"].as_str().unwrap_or_else(|| panic!("{name} does not name the stack"));
    text.strip_prefix("${AWS::StackName}-").unwrap_or_else(|| panic!("{text} does not start with the stack's name"))
}

/// The logical name in `!GetAtt Name.Attribute`.
pub fn get_att<'a>(value: &'a Value, attribute: &str) -> &'a str {
    assert_eq!(value["Fn::GetAtt"][1], attribute, "{value}");
    value["Fn::GetAtt"][0].as_str().unwrap()
}

/// A list, also where the template has its only member.
pub fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |members| members.iter().collect())
}

fn spelled_out(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let value = spelled_out(tagged.value);
            match (tag.trim_start_matches('!'), &value) {
                ("Ref", _) => json!({"Ref": value}),
                ("GetAtt", Value::String(path)) => {
                    let (resource, attribute) = path.split_once('.').unwrap();
                    json!({"Fn::GetAtt": [resource, attribute]})
                }
                (function, _) => json!({format!("Fn::{function}"): value}),
            }
        }
        Yaml::Mapping(entries) => {
            let entries =
                entries.into_iter().map(|(key, value)| (key.as_str().unwrap().to_owned(), spelled_out(value)));
            Value::Object(entries.collect())
        }
        Yaml::Sequence(members) => Value::Array(members.into_iter().map(spelled_out).collect()),
        plain => serde_json::to_value(plain).unwrap(),
    }
}
