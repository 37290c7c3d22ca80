use system_tests::template::Template;

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
const ROUTES_OF_AN_API: usize = 300;
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const RESOURCES_OF_A_STACK: usize = 500;

#[test]
fn twice_as_much_would_fit() {
    let template = Template::read();
    let routes = template.of_type("AWS::ApiGatewayV2::Route").len();
    assert!(2 * routes <= ROUTES_OF_AN_API, "{routes} routes");
    // SAM makes a resource of its own of each event source.
    let sources =
        template.functions().into_values().filter(|(_, function)| !function["Properties"]["Events"].is_null());
    let resources = template.resources().count() + sources.count();
    assert!(2 * resources <= RESOURCES_OF_A_STACK, "{resources} resources");
}
