use serde_json::{Value, json};

/// A function, and what it is measured by.
#[derive(Debug)]
pub struct Measured {
    /// Its name.
    pub function: &'static str,
    /// What it is asked.
    pub work: Event,
}

/// What a function is asked.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A request through API Gateway, with a session's token, and the status it is answered by.
    Request(&'static str, &'static str, u16),
    /// The job that sends lost jobs again: nothing is lost.
    Sweep,
    /// A job that appends to the audit trail.
    Audit,
    /// A check that is out of date.
    Check,
    /// A job of this name, of an operation that has ended.
    Over(&'static str),
}

/// The functions of the bundle. Rental has no route of its own that only reads: it is asked to refuse.
pub const BUNDLE: &[Measured] = &[
    Measured { function: "certificates", work: Event::Request("GET", "/api/operations/1", 200) },
    Measured { function: "acme-accounts", work: Event::Request("GET", "/api/v1/acme/accounts", 200) },
    Measured { function: "rental", work: Event::Request("POST", "/api/add_user", 400) },
    Measured { function: "cloud", work: Event::Request("GET", "/api/v1/users/profile", 200) },
    Measured { function: "console", work: Event::Request("GET", "/api/urls", 200) },
    Measured { function: "issuer", work: Event::Sweep },
    Measured { function: "auditor", work: Event::Audit },
    Measured { function: "prober", work: Event::Check },
    Measured { function: "deployer", work: Event::Over("deploy") },
    Measured { function: "notifier", work: Event::Over("notify") },
];

impl Event {
    /// What it is, in a few words.
    pub fn title(self) -> String {
        match self {
            Self::Request(method, path, _) => format!("{method} {path}"),
            Self::Sweep => "job sweep".into(),
            Self::Audit => "job audit".into(),
            Self::Check => "job check".into(),
            Self::Over(job) => format!("job {job}"),
        }
    }

    /// The event as Lambda hands it over, the `n`th of its kind.
    pub fn payload(self, n: usize, token: &str) -> Value {
        match self {
            Self::Request(method, path, _) => request(method, path, token),
            Self::Sweep => message(n, &json!({ "job": "sweep" })),
            Self::Audit => message(n, &audit(n)),
            Self::Over(job) => message(n, &json!({ "job": job, "operation": 99 })),
            Self::Check => message(n, &json!({ "job": "check", "monitor": 1, "due": "2026-11-21T12:00:00Z" })),
        }
    }

    /// Whether this is the answer that was wanted.
    pub fn is_answered_by(self, answer: &Value) -> bool {
        match self {
            Self::Request(_, _, status) => answer["statusCode"] == status,
            Self::Sweep | Self::Audit | Self::Check | Self::Over(_) => {
                answer["batchItemFailures"].as_array().is_some_and(Vec::is_empty)
            }
        }
    }
}

fn request(method: &str, path: &str, token: &str) -> Value {
    let body = (method == "POST").then_some("{}");
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "authorization": format!("Bearer {token}"),
            "content-length": body.map_or(0, str::len).to_string(),
            "content-type": "application/json",
            "host": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
            "user-agent": "curl/8.5.0",
            "x-amzn-trace-id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            "x-forwarded-for": "192.0.2.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdefghij",
            "domainName": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "abcdefghij",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "curl/8.5.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Mar/2026:00:00:00 +0000",
            "timeEpoch": 1_772_323_200_000_i64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

fn message(n: usize, job: &Value) -> Value {
    json!({ "Records": [{
        "messageId": format!("00000000-0000-4000-8000-{n:012}"),
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": job.to_string(),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1772323200000",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1772323200000",
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:measured",
        "awsRegion": "eu-central-1",
    }] })
}

fn audit(n: usize) -> Value {
    json!({ "job": "audit", "entry": {
        "id": format!("019a0000{n:021}"),
        "at": "2026-03-01T00:00:00Z",
        "user": 1,
        "source": "192.0.2.7",
        "action": "certificate.download",
        "target": "certificate 12",
    } })
}
