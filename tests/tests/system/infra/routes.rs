use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use steward_http::App;
use system_tests::template::{Template, get_att, of_stack};
use utoipa_axum::router::OpenApiRouter;

use super::{packages, root};
use crate::guard::FILES;

/// The routes of the template: path and program, `$default` among them.
pub fn of_template(template: &Template) -> BTreeMap<String, &str> {
    let routes = template.of_type("AWS::ApiGatewayV2::Route").into_iter().map(|(name, route)| {
        let route = &route["Properties"];
        let key = route["RouteKey"].as_str().unwrap();
        let path = key.strip_prefix("ANY ").unwrap_or_else(|| {
            assert_eq!(key, "$default", "{name}: functions answer every method, also those that a path does not have");
            key
        });
        let target = route["Target"]["Fn::Sub"].as_str().unwrap();
        let integration = target.strip_prefix("integrations/${").and_then(|rest| rest.strip_suffix('}')).unwrap();
        let integration = template.resource(integration, "AWS::ApiGatewayV2::Integration");
        let function = get_att(&integration["Properties"]["IntegrationUri"], "Arn");
        (path.to_owned(), template.program_of(function))
    });
    routes.collect()
}

/// The program that API Gateway sends a path to, with the route: one that fits wholly before one that fits greedily,
/// the longest of these first, `$default` last.
pub fn resolve<'a>(routes: &'a BTreeMap<String, &str>, path: &str) -> (&'a str, &'a str) {
    let fits = |route: &str| match route.strip_suffix("{proxy+}") {
        Some(prefix) => path.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()),
        None => route == path || route == "$default",
    };
    let rank = |route: &str| match route.strip_suffix("{proxy+}") {
        Some(prefix) => prefix.len(),
        None if route == "$default" => 0,
        None => usize::MAX,
    };
    let (route, program) = routes.iter().filter(|(route, _)| fits(route)).max_by_key(|(route, _)| rank(route)).unwrap();
    (route, program)
}

fn paths(router: OpenApiRouter<App>) -> BTreeSet<String> {
    router.split_for_parts().1.paths.paths.into_keys().collect()
}

/// The paths of each area.
fn areas() -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut of_console = paths(console::router());
    of_console.extend(FILES.map(str::to_owned));
    BTreeMap::from([
        ("certificates", paths(certificates::router())),
        ("acme-accounts", paths(acme_accounts::router())),
        ("rental", paths(rental::router())),
        ("cloud", paths(cloud::router())),
        ("console", of_console),
    ])
}

#[test]
fn every_route_reaches_the_function_that_has_it() {
    let template = Template::read();
    let routes = of_template(&template);
    let mut used = BTreeSet::from(["$default"]);
    let mut known = 0;
    for (area, paths) in areas() {
        for path in paths {
            let asked = path.replace("{id}", "1").replace("{token}", "1").replace("{*rest}", "index.css");
            assert!(!asked.contains('{'), "{path}: this test knows no other variables than id, token and rest");
            let (route, program) = resolve(&routes, &asked);
            assert_eq!(program, area, "{path} is sent to {program} by {route}");
            used.insert(route);
            known += 1;
        }
    }
    assert!(known > steward::document().paths.paths.len(), "every path of the document, and the documents' own");
    for route in routes.keys() {
        assert!(used.contains(route.as_str()), "{route} leads to nothing in the code");
    }
}

#[test]
fn what_is_at_no_route_is_answered_by_the_console() {
    let template = Template::read();
    let routes = of_template(&template);
    for path in ["/", "/nothing", "/api/v1/users/", "/fleet/api/servers"] {
        assert_eq!(resolve(&routes, path), ("$default", "console"), "{path}");
    }
}

#[test]
fn the_api_may_call_every_function_that_it_has_routes_to_and_no_other() {
    let template = Template::read();
    let permissions = template.of_type("AWS::Lambda::Permission").into_iter();
    let allowed: BTreeSet<&str> = permissions
        .map(|(name, permission)| {
            let permission = &permission["Properties"];
            assert!(permission["SourceArn"]["Fn::Sub"].as_str().unwrap().ends_with(":${Api}/*"), "{name}");
            template.program_of(permission["FunctionName"]["Ref"].as_str().unwrap())
        })
        .collect();
    let called: BTreeSet<&str> = of_template(&template).into_values().collect();
    assert_eq!(allowed, called);
}

#[test]
fn every_package_is_a_function_named_after_it() {
    let template = Template::read();
    let functions = template.functions();
    assert_eq!(functions.keys().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(), packages());
    for (program, (name, function)) in functions {
        assert_eq!(of_stack(&function["Properties"]["FunctionName"]), program, "{name}");
        assert_eq!(function["Metadata"]["BuildMethod"], "rust-cargolambda", "{name}");
    }
}

#[test]
fn cargo_lambda_watch_has_the_same_routes() {
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let router = manifest["workspace"]["metadata"]["lambda"]["watch"]["router"].as_table().unwrap();
    let watched: BTreeMap<String, String> =
        router.iter().map(|(path, program)| (path.clone(), program.as_str().unwrap().to_owned())).collect();
    let template = Template::read();
    let mut expected = BTreeMap::new();
    for (path, program) in of_template(&template) {
        if path == "$default" {
            expected.insert("/".to_owned(), program.to_owned());
            expected.insert("/{*proxy}".to_owned(), program.to_owned());
        } else {
            expected.insert(path.replace("{proxy+}", "{*proxy}"), program.to_owned());
        }
    }
    assert_eq!(watched, expected);
}
