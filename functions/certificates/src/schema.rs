//! What the OpenAPI document says of this area's values: see [`steward_http::schema`].

use domain::acme::ROOT_CA_MAX;
use domain::acme::budget::LimitKind;
use domain::alerts::channels::{LONGEST, Service};
use domain::alerts::{DAYS_MAX, Kind as AlertKind, Level, Subject, channels};
use domain::audit::By;
use domain::certificates::{KeyType, Method, NOTE_MAX, Status};
use domain::deployments::{self, TEXT_MAX};
use domain::dns_credentials::{self, FIELD_MAX, PROVIDERS};
use domain::monitors::{self, CertLevel, Changed, Grade, INTERVAL_MAX, INTERVAL_MIN, IpType};
use domain::names::{DOMAIN_MAX, EMAIL_MAX};
use domain::ports::TlsVersion;
use domain::servers::{ServerStatus, TYPE_MAX, WORD_MAX};
use steward_http::described;
use steward_http::schema::{number, text, words};
use tls::export::Format;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::Type;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat};

described! {
    /// A note of the owner's.
    pub Note = text(0, NOTE_MAX).examples(["the shop"]);

    /// The kind of a certificate's key.
    pub KeyKind = words(KeyType::ALL.map(KeyType::as_str));

    /// Where a certificate is on its way.
    pub CertificateStatus = words(Status::ALL.map(Status::as_str));

    /// How far the proof of a certificate's names has come.
    pub VerificationStatus = words(["pending", "verifying", "verified", "failed"]);

    /// Whether a record is needed: `valid` when the CA needs none for this name now.
    pub RecordStatus = words(["pending", "verifying", "verified", "valid", "failed"]);

    /// How the names of a certificate are proven.
    pub ChallengeMethod = words(Method::WORDS);

    /// How a renewal goes.
    pub RenewalStatus = words(["idle", "awaiting_records", "verifying", "issuing"]);

    /// What a certificate is downloaded as.
    pub DownloadFormat = words(Format::ALL.map(Format::as_str));

    /// What is looked at before an order.
    pub PreflightSubject = words(["zone", "caa", "challenge", "names", "account", "duplicate"]);

    /// What was found before an order.
    pub PreflightState = words(["ok", "warning", "failed"]);

    /// A limit of a CA.
    pub CaLimit = words(LimitKind::ALL.map(LimitKind::as_str));

    /// The kind of a channel.
    pub ChannelKind = words(Service::WORDS).examples(["email"]);

    /// The name of a channel, on one line.
    pub ChannelName = text(1, channels::NAME_MAX).examples(["the night shift"]);

    /// The mail address of a channel.
    pub ChannelAddress = text(3, EMAIL_MAX).format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)));

    /// How a channel does.
    pub ChannelState = words(["ok", "sending", "held", "failing"]);

    /// A URL, a token or a secret of a channel.
    pub ChannelSecret = text(1, LONGEST);

    /// How urgent an alert is.
    pub AlertLevel = words(Level::ALL.map(Level::as_str));

    /// What is wrong, or happened.
    pub AlertSort = words(AlertKind::ALL.map(AlertKind::as_str));

    /// Whether something is still wrong.
    pub AlertStanding = words(["firing", "over", "happened"]);

    /// Alerts that still stand.
    pub AlertFilter = words(["firing"]);

    /// What an alert is about.
    pub SubjectType = words(Subject::WORDS);

    /// Days of a certificate's life.
    pub Days = number(0, DAYS_MAX.into());

    /// By what somebody was known.
    pub KnownBy = words(By::ALL.map(By::as_str));

    /// How many entries an answer has at most; 50 unless given.
    pub Limit = number(1, LIMIT_MAX.into());

    /// The name of a DNS credential.
    pub DnsCredentialName = text(1, dns_credentials::NAME_MAX).examples(["our name server"]);

    /// The zone of a DNS credential; empty for none.
    pub ZoneOrNone = text(0, DOMAIN_MAX);

    /// A DNS provider.
    pub DnsProviderName = words(PROVIDERS.iter().map(|provider| provider.name)).examples(["bunny"]);

    /// A field of a DNS credential.
    pub DnsField = text(0, FIELD_MAX);

    /// What an operation does.
    pub OperationKind = words([
        "issue", "deploy", "test_server", "rollout", "remove_records", "test_dns_credential", "purge", "notify", "deliver",
    ]);

    /// How far an operation, or a step of it, has come.
    pub OperationState = words(["pending", "running", "succeeded", "failed"]);

    /// Steps done, of all steps.
    pub Percent = number(0, 100);

    /// What serves a server's sites: `nginx`, `apache`, or another word.
    pub ServerType = text(1, TYPE_MAX).pattern(Some("^[A-Za-z0-9._-]+$")).examples(["nginx"]);

    /// A word about a server.
    pub ServerWord = text(0, WORD_MAX);

    /// The name of a server, on one line.
    pub ServerName = text(1, WORD_MAX).examples(["web1"]);

    /// How a server was found.
    pub ServerState = words(ServerStatus::ALL.map(ServerStatus::as_str));

    /// An IPv4 or IPv6 address.
    pub Address = text(2, 45).examples(["192.0.2.10"]);

    /// A host name or an IP address.
    pub Host = text(1, DOMAIN_MAX).examples(["web1.example.com"]);

    /// The name of a user on a server.
    pub LoginName = text(1, 32).pattern(Some("^[A-Za-z_][A-Za-z0-9._-]*$")).examples(["root"]);

    /// An absolute path on a server, at least two levels deep.
    pub ServerPath = text(4, TEXT_MAX).pattern(Some("^/[^/]+/.+$")).examples(["/etc/ssl/example.com"]);

    /// A command on a server, on one line.
    pub Command = text(1, TEXT_MAX);

    /// What serves a site.
    pub SiteKind = words(deployments::Kind::ALL.map(deployments::Kind::as_str));

    /// How a deployment is verified.
    pub VerifyMethod = words(deployments::Verify::ALL.map(deployments::Verify::as_str));

    /// The name or the number of a user or a group of the server.
    pub AccountName = text(1, 32).examples(["www-data"]);

    /// The mode of a key's file, in octal digits.
    pub FileMode = text(3, 4).examples(["640"]);

    /// Where a deployment stands.
    pub DeploymentStatus = words(deployments::Status::WORDS);

    /// How a run ended.
    pub RunResult = words(deployments::Outcome::WORDS);

    /// What a run came to be for.
    pub RunCause = words(deployments::Cause::WORDS);

    /// Which addresses of a name are looked at.
    pub AddressKind = words(IpType::ALL.map(IpType::as_str));

    /// What is spoken before TLS.
    pub StartTlsProtocol = words(["smtp", "imap"]);

    /// What is spoken before TLS; `none` ends it.
    pub StartTlsChange = words(["smtp", "imap", "none"]);

    /// Minutes from one check to the next.
    pub IntervalMinutes = number(INTERVAL_MIN.into(), INTERVAL_MAX.into()).examples([360]);

    /// What a monitor found; the worst of its addresses counts.
    pub MonitorStatus = words(monitors::Status::ALL.map(monitors::Status::as_str));

    /// A grade after the SSL Labs rating guide; `T` where it is not trusted, `M` where it is for other names.
    pub TlsGrade = words(Grade::ALL.map(Grade::as_str));

    /// What the CA proved of the owner.
    pub ValidationLevel = words(CertLevel::ALL.map(CertLevel::as_str));

    /// Why there was no handshake.
    pub LookFailure = words(["refused", "unresolved", "unreachable", "tls"]);

    /// A version of TLS.
    pub TlsProtocol = words(TlsVersion::ALL.map(TlsVersion::as_str));

    /// Who asked for a check.
    pub CheckCause = words(["schedule", "request"]);

    /// What happened at a check.
    pub CheckEvent = words(["certificate_changed"]);

    /// What is different from the check before.
    pub ChangedThing = words(Changed::ALL.map(Changed::as_str));

    /// Root certificates, PEM.
    pub Roots = text(0, ROOT_CA_MAX);

    /// What something is when it is always the same.
    pub RecordTxt = words(["TXT"]);

    /// What something is when it is always the same.
    pub RecordCname = words(["CNAME"]);

    /// The id of a Telegram chat, or the `@name` of a channel.
    pub ChatId = ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::SchemaType::from_iter([Type::String, Type::Integer]));
}

/// The most entries of an answer.
pub const LIMIT_MAX: u32 = 100;
