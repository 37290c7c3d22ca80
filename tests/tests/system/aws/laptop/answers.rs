use serde_json::Value;

/// A status, and a place in the body with the text or number that is there.
pub type Expected = (u64, &'static str, &'static str);

/// What each sample event for the API is answered. Their API keys are made up.
pub const ANSWERS: [(&str, Expected); 12] = [
    ("acme-accounts", (401, "/code", "1001")),
    ("acme-accounts-create", (401, "/message", "the API key is not valid")),
    ("certificates", (200, "/status", "ok")),
    ("certificates-create", (401, "/error", "the API key is not valid")),
    ("certificates-list", (401, "/error", "the API key is not valid")),
    ("certificates-login", (200, "/user/username", "admin")),
    ("cloud", (401, "/error", "unauthenticated")),
    ("cloud-register", (403, "/error", "forbidden")),
    ("console", (200, "/info/title", "Steward")),
    ("console-nothing", (404, "/detail", "there is nothing at /fleet/api/servers; GET /api/docs describes the routes")),
    ("rental", (200, "/message", "Login successful")),
    (
        "rental-send_verification_email",
        (409, "/error", "no mail is sent from here; ask an administrator to set a mail server"),
    ),
];

/// The same with the API key of an administrator who has given no address yet. Registering an account would leave the
/// machine.
pub const ANSWERS_TO_A_KEY: [(&str, Expected); 4] = [
    ("acme-accounts", (200, "/data/items/0/name", "letsencrypt")),
    ("certificates-create", (409, "/error", ADDRESS_NEEDED)),
    ("certificates-list", (200, "/total", "0")),
    ("cloud", (200, "/data/username", "admin")),
];
const ADDRESS_NEEDED: &str = "admin@steward.invalid is no address a CA can write to: give your own with PUT \
                              /api/v1/users/profile (email, current_password), or name one in POST \
                              /api/v1/acme/account/create, then order again";

/// The body of an answer for API Gateway, which must be the expected one.
pub fn answered(name: &str, answer: &Value, (status, place, expected): Expected) -> Value {
    assert_eq!(answer["statusCode"], status, "{name}: {answer}");
    assert_eq!(answer["headers"]["content-type"], "application/json", "{name}");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    let found = body.pointer(place).unwrap_or_else(|| panic!("{name}: nothing at {place} of {body}"));
    let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
    assert_eq!(found, expected, "{name}: {body}");
    body
}
