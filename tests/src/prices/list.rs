//! The one place with prices, and with what is assumed where no call can be counted.

/// The region the prices are of.
pub const REGION: &str = "us-east-1";

/// When these were the prices on AWS's public pages, <https://aws.amazon.com/SERVICE/pricing/>. No taxes, no transfer
/// to the internet (free up to 100 GB a month).
pub const AS_OF: &str = "December 2025";

/// Something AWS charges for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Good {
    /// A request to an HTTP API.
    ApiRequest,
    /// A call of a function.
    LambdaRequest,
    /// A second of a function, for each GB of its memory.
    GbSecond,
    /// 4 KB read from DynamoDB.
    ReadUnit,
    /// 1 KB written to DynamoDB.
    WriteUnit,
    /// A GB in DynamoDB for a month.
    StoredGb,
    /// A GB of a table that can be put back to any second of 35 days, for a month.
    BackupGb,
    /// A request to SQS.
    SqsRequest,
    /// A schedule that fires.
    ScheduleRun,
    /// A secret in Secrets Manager for a month.
    Secret,
    /// A call of Secrets Manager.
    SecretCall,
    /// A request for a key of KMS.
    KmsCall,
    /// An alarm on one metric for a month.
    Alarm,
    /// A dashboard for a month.
    Dashboard,
    /// A GB of logs taken in.
    LogGb,
}

/// What so many of a good cost.
#[derive(Clone, Copy, Debug)]
pub struct Price {
    /// The good.
    pub good: Good,
    /// Its name on the bill.
    pub name: &'static str,
    /// Dollars for `of` of it.
    pub dollars: f64,
    /// How many are had for that.
    pub of: f64,
    /// How many are free each month, for ever. What is free in an account's first year only is not.
    pub free: f64,
}

impl Price {
    /// Every price; DynamoDB is on demand, functions are arm64.
    #[rustfmt::skip]
    pub const ALL: [Self; 15] = [
        Self::new(Good::ApiRequest,    "HTTP API requests",      1.00,  1e6, 0.0),
        Self::new(Good::LambdaRequest, "Lambda requests",        0.20,  1e6, 1e6),
        Self::new(Good::GbSecond,      "Lambda GB-seconds",     13.3334, 1e6, 400e3),
        Self::new(Good::ReadUnit,      "DynamoDB read units",    0.125, 1e6, 0.0),
        Self::new(Good::WriteUnit,     "DynamoDB write units",   0.625, 1e6, 0.0),
        Self::new(Good::StoredGb,      "GB in DynamoDB",         0.25,  1.0, 25.0),
        Self::new(Good::BackupGb,      "GB of its backups",      0.20,  1.0, 0.0),
        Self::new(Good::SqsRequest,    "SQS requests",           0.40,  1e6, 1e6),
        Self::new(Good::ScheduleRun,   "schedules that fire",    1.00,  1e6, 14e6),
        Self::new(Good::Secret,        "secrets",                0.40,  1.0, 0.0),
        Self::new(Good::SecretCall,    "calls for secrets",      0.05,  1e4, 0.0),
        Self::new(Good::KmsCall,       "requests to KMS",        0.03,  1e4, 20e3),
        Self::new(Good::Alarm,         "alarms",                 0.10,  1.0, 10.0),
        Self::new(Good::Dashboard,     "dashboards",             3.00,  1.0, 3.0),
        Self::new(Good::LogGb,         "GB of logs",             0.50,  1.0, 5.0),
    ];

    const fn new(good: Good, name: &'static str, dollars: f64, of: f64, free: f64) -> Self {
        Self { good, name, dollars, of, free }
    }
}

/// A month has 30 days.
pub(super) const SECONDS_OF_MONTH: f64 = 30.0 * 24.0 * 3600.0;

/// Lambda asks a queue by so many long polls at once, of so many seconds each, while nothing comes.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>
pub(super) const POLLS_AT_ONCE: f64 = 5.0;
pub(super) const SECONDS_OF_POLL: f64 = 20.0;

/// How long a function runs is not measured but assumed, in milliseconds: for itself,
pub(super) const MS_ITSELF: f64 = 10.0;
/// for each call to AWS,
pub(super) const MS_OF_CALL: f64 = 10.0;
/// for each request to a CA,
pub(super) const MS_OF_CA: f64 = 250.0;
/// and for a password, hashed with a third of a processor.
pub(super) const MS_OF_PASSWORD: f64 = 250.0;

/// The lines that API Gateway, Lambda and Steward log of a request or a job, in bytes.
pub(super) const LOGGED: f64 = 1000.0;

/// What is kept of a certificate, with its key, operation, audit entry and places in indexes, in bytes.
pub(super) const KEPT: f64 = 15_000.0;

/// What the bills assume, in words.
pub fn assumptions() -> String {
    format!(
        "Assumed: a function runs {MS_ITSELF} ms, {MS_OF_CALL} more for each call to AWS, {MS_OF_CA} for each request to \
         a CA, {MS_OF_PASSWORD} for a password, and is warm; {LOGGED} bytes are logged each time; {KEPT} are kept of a \
         certificate; Lambda asks each queue by {POLLS_AT_ONCE} polls of {SECONDS_OF_POLL} s at once; a worker gets one \
         job at a time; no write is refused. Not on the bill: taxes, and transfer to the internet."
    )
}
