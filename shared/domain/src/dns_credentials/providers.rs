//! The DNS providers that records can be written at, and what each needs to be known (the crate `dns-update` has no
//! list of its own; a test of the adapter holds this one to it).

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// What anybody who sees the credential may see.
    Plain,
    /// What is written, and never read back.
    Secret,
    /// Where the provider is reached: a host or a URL, which the policy for targets has to permit.
    Address,
}

/// A field of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it may be left out.
    pub required: bool,
    /// What it looks like.
    pub example: &'static str,
}

/// How a provider takes a change of a name with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// Beside what is there, which others may have written.
    Beside,
    /// All values at once: what others wrote there is lost.
    Whole,
}

/// A DNS provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DnsProvider {
    /// Its name in the API.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// How it takes a change.
    pub writes: Writes,
    /// What a credential for it has.
    pub fields: &'static [Field],
}

const fn field(name: &'static str, kind: FieldKind, example: &'static str) -> Field {
    Field { name, kind, required: true, example }
}

const fn secret(name: &'static str) -> Field {
    field(name, FieldKind::Secret, "…")
}

const fn plain(name: &'static str, example: &'static str) -> Field {
    field(name, FieldKind::Plain, example)
}

const fn address(name: &'static str, example: &'static str) -> Field {
    field(name, FieldKind::Address, example)
}

impl Field {
    const fn optional(self) -> Self {
        Self { required: false, ..self }
    }
}

const fn of(name: &'static str, title: &'static str, fields: &'static [Field]) -> DnsProvider {
    DnsProvider { name, title, writes: Writes::Beside, fields }
}

impl DnsProvider {
    const fn whole(self) -> Self {
        Self { writes: Writes::Whole, ..self }
    }
}

const TOKEN: &[Field] = &[secret("api_token")];
const KEY: &[Field] = &[secret("api_key")];
const KEY_AND_SECRET: &[Field] = &[secret("api_key"), secret("api_secret")];
const ACCESS_KEY: &[Field] = &[plain("access_key", "AKIA…"), secret("secret_key")];
const USER_AND_PASSWORD: &[Field] = &[plain("username", "steward"), secret("password")];
const USER_AND_KEY: &[Field] = &[plain("username", "steward"), secret("api_key")];

/// Every DNS provider, by name. A field is called as the provider's own website calls it, as far as that goes.
pub static PROVIDERS: &[DnsProvider] = &[
    of("alidns", "Alibaba Cloud", ALIDNS),
    of("arvancloud", "ArvanCloud", KEY),
    of("autodns", "AutoDNS (InterNetX)", AUTODNS),
    of("azuredns", "Azure DNS", AZURE),
    of("baiducloud", "Baidu Cloud", ACCESS_KEY),
    of("bluecatv2", "BlueCat Address Manager", BLUECAT),
    of("bunny", "Bunny", KEY),
    of("cloudflare", "Cloudflare", TOKEN),
    of("cloudns", "ClouDNS", CLOUDNS),
    of("constellix", "Constellix", &[secret("api_key"), secret("secret_key")]),
    of("cpanel", "cPanel", CPANEL),
    of("ddnss", "DDNSS", KEY).whole(),
    of("desec", "deSEC", TOKEN),
    of("digitalocean", "DigitalOcean", TOKEN),
    of("dnsimple", "DNSimple", &[secret("api_token"), plain("account_id", "1010")]),
    of("dnsmadeeasy", "DNS Made Easy", KEY_AND_SECRET),
    of("domeneshop", "Domeneshop", &[secret("api_token"), secret("api_secret")]),
    of("dreamhost", "DreamHost", KEY),
    of("duckdns", "Duck DNS", TOKEN).whole(),
    of("dynu", "Dynu", KEY),
    of("easydns", "easyDNS", &[secret("api_token"), secret("api_key")]),
    of("edgedns", "Akamai Edge DNS", EDGEDNS),
    of("exoscale", "Exoscale", KEY_AND_SECRET),
    of("freemyip", "freemyip", TOKEN).whole(),
    of("gandiv5", "Gandi", &[secret("personal_access_token")]),
    of("gcore", "Gcore", TOKEN),
    of("glesys", "GleSYS", &[plain("api_user", "CL12345"), secret("api_key")]),
    of("godaddy", "GoDaddy", KEY_AND_SECRET),
    of("google_cloud_dns", "Google Cloud DNS", GOOGLE),
    of("hetzner", "Hetzner", TOKEN),
    of("hostingde", "hosting.de", KEY),
    of("hostinger", "Hostinger", TOKEN),
    of("huaweicloud", "Huawei Cloud", HUAWEI),
    of("hurricane", "Hurricane Electric", &[secret("credentials")]).whole(),
    of("ibmcloud", "IBM Cloud (SoftLayer)", USER_AND_KEY),
    of("infoblox", "Infoblox", INFOBLOX),
    of("infomaniak", "Infomaniak", TOKEN),
    of("inwx", "INWX", USER_AND_PASSWORD),
    of("ionos", "IONOS", KEY),
    of("ipv64", "IPv64", KEY),
    of("joker", "Joker", JOKER),
    of("lightsail", "Amazon Lightsail", LIGHTSAIL),
    of("linode", "Linode", TOKEN),
    of("luadns", "LuaDNS", &[plain("username", "ops@example.com"), secret("api_token")]),
    of("mythicbeasts", "Mythic Beasts", USER_AND_PASSWORD),
    of("namecheap", "Namecheap", NAMECHEAP),
    of("namedotcom", "Name.com", &[plain("username", "steward"), secret("api_token")]),
    of("namesilo", "NameSilo", KEY),
    of("netcup", "netcup", &[plain("customer_number", "123456"), secret("api_key"), secret("api_password")]),
    of("netlify", "Netlify", TOKEN),
    of("nifcloud", "NIFCLOUD", ACCESS_KEY),
    of("ns1", "NS1", KEY),
    of("oraclecloud", "Oracle Cloud", ORACLE),
    of("ovh", "OVH", OVH),
    of("pdns", "PowerDNS", PDNS),
    of("plesk", "Plesk", &[address("url", "https://plesk.example.com:8443"), secret("api_key")]),
    of("porkbun", "Porkbun", &[secret("api_key"), secret("secret_api_key")]),
    of("rfc2136", "RFC 2136 (BIND, Knot, PowerDNS, …) with TSIG", RFC2136),
    of("route53", "Amazon Route 53", ROUTE53),
    of("safedns", "SafeDNS (ANS)", TOKEN),
    of("scaleway", "Scaleway", TOKEN),
    of("selectel", "Selectel", SELECTEL),
    of("simplycom", "Simply.com", &[plain("account_name", "S123456"), secret("api_key")]),
    of("spaceship", "Spaceship", KEY_AND_SECRET),
    of("tencentcloud", "Tencent Cloud (DNSPod)", TENCENT),
    of("transip", "TransIP", TRANSIP),
    of("ultradns", "UltraDNS", ULTRADNS),
    of("vercel", "Vercel", &[secret("api_token"), plain("team_id", "team_…").optional()]),
    of("volcengine", "Volcengine", VOLCENGINE),
    of("vultr", "Vultr", KEY),
    of("websupport", "Websupport", KEY_AND_SECRET),
    of("yandexcloud", "Yandex Cloud", &[secret("iam_token_b64"), plain("folder_id", "b1g…")]),
    of("zoneeu", "Zone.eu", USER_AND_KEY),
];

const ALIDNS: &[Field] = &[
    plain("access_key", "LTAI…"),
    secret("secret_key"),
    plain("region", "cn-hangzhou").optional(),
    secret("security_token").optional(),
    plain("line", "default").optional(),
];
const AUTODNS: &[Field] = &[plain("username", "steward"), secret("password"), plain("context", "4").optional()];
const AZURE: &[Field] = &[
    plain("tenant_id", "00000000-0000-0000-0000-000000000000"),
    plain("client_id", "00000000-0000-0000-0000-000000000000"),
    secret("client_secret"),
    plain("subscription_id", "00000000-0000-0000-0000-000000000000"),
    plain("resource_group", "dns"),
    plain("environment", "public").optional(),
];
const BLUECAT: &[Field] = &[
    address("url", "https://bam.example.com"),
    plain("username", "steward"),
    secret("password"),
    plain("configuration", "main"),
    plain("view", "external"),
];
const CLOUDNS: &[Field] =
    &[plain("auth_id", "1234").optional(), plain("sub_auth_id", "1234").optional(), secret("auth_password")];
const CPANEL: &[Field] =
    &[address("url", "https://cpanel.example.com:2083"), plain("username", "steward"), secret("api_token")];
const EDGEDNS: &[Field] = &[
    address("host", "akab-abcdef.luna.akamaiapis.net"),
    secret("client_token"),
    secret("client_secret"),
    secret("access_token"),
    plain("account_switch_key", "1-ABC").optional(),
];
const GOOGLE: &[Field] = &[
    secret("service_account_json"),
    plain("project_id", "my-project"),
    plain("managed_zone", "my-zone").optional(),
    plain("impersonate_service_account", "dns@my-project.iam.gserviceaccount.com").optional(),
];
const HUAWEI: &[Field] = &[plain("access_key", "AK…"), secret("secret_key"), plain("region", "cn-north-4")];
const INFOBLOX: &[Field] = &[
    address("host", "infoblox.example.com"),
    plain("port", "443").optional(),
    plain("username", "steward"),
    secret("password"),
    plain("wapi_version", "2.11").optional(),
    plain("dns_view", "External").optional(),
];
const JOKER: &[Field] =
    &[secret("api_key").optional(), plain("username", "steward").optional(), secret("password").optional()];
const LIGHTSAIL: &[Field] = &[
    plain("access_key_id", "AKIA…"),
    secret("secret_access_key"),
    secret("session_token").optional(),
    plain("region", "us-east-1").optional(),
];
const NAMECHEAP: &[Field] = &[
    plain("api_user", "steward"),
    secret("api_key"),
    plain("client_ip", "192.0.2.1"),
    plain("username", "steward").optional(),
];
const ORACLE: &[Field] = &[
    plain("tenancy_ocid", "ocid1.tenancy.oc1..…"),
    plain("user_ocid", "ocid1.user.oc1..…"),
    plain("fingerprint", "20:3b:97:13:55:1c"),
    secret("private_key_pem"),
    secret("private_key_password").optional(),
    plain("region", "eu-frankfurt-1"),
    plain("compartment_ocid", "ocid1.compartment.oc1..…"),
];
const OVH: &[Field] =
    &[plain("endpoint", "ovh-eu"), secret("application_key"), secret("application_secret"), secret("consumer_key")];
const PDNS: &[Field] =
    &[address("url", "https://pdns.example.com:8081"), secret("api_key"), plain("server_name", "localhost").optional()];
const RFC2136: &[Field] = &[
    address("server", "ns1.example.com:53"),
    plain("key_name", "steward"),
    secret("key"),
    plain("algorithm", "hmac-sha256").optional(),
];
const ROUTE53: &[Field] = &[
    plain("access_key_id", "AKIA…"),
    secret("secret_access_key"),
    secret("session_token").optional(),
    plain("region", "us-east-1").optional(),
    plain("hosted_zone_id", "Z0123456789").optional(),
    address("endpoint", "https://route53.amazonaws.com").optional(),
];
const SELECTEL: &[Field] =
    &[plain("username", "steward"), secret("password"), plain("account_id", "123456"), plain("project_id", "0123abcd")];
const TENCENT: &[Field] = &[
    plain("secret_id", "AKID…"),
    secret("secret_key"),
    plain("region", "ap-guangzhou").optional(),
    secret("session_token").optional(),
];
const TRANSIP: &[Field] = &[plain("login", "steward"), secret("private_key_pem"), plain("global_key", "no").optional()];
const ULTRADNS: &[Field] =
    &[plain("username", "steward"), secret("password"), address("endpoint", "https://api.ultradns.com").optional()];
const VOLCENGINE: &[Field] =
    &[plain("access_key", "AKLT…"), secret("secret_key"), plain("region", "cn-north-1").optional()];

/// The provider with this name.
pub fn provider(name: &str) -> Option<&'static DnsProvider> {
    PROVIDERS.iter().find(|provider| provider.name == name)
}
