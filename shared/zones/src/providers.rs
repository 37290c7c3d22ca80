//! From the name of a provider to the crate's client for it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dns_update::providers::azuredns::{AzureDnsConfig, AzureEnvironment};
use dns_update::providers::bluecatv2::BluecatV2Config;
use dns_update::providers::edgedns::EdgeDnsConfig;
use dns_update::providers::google_cloud_dns::GoogleCloudDnsConfig;
use dns_update::providers::infoblox::InfobloxConfig;
use dns_update::providers::joker::JokerAuth;
use dns_update::providers::lightsail::LightsailConfig;
use dns_update::providers::oraclecloud::OracleCloudConfig;
use dns_update::providers::rfc2136::DnsAddress;
use dns_update::providers::route53::Route53Config;
use dns_update::providers::volcengine::VolcengineConfig;
use dns_update::providers::yandexcloud::YandexCloudConfig;
use dns_update::{DnsUpdater as Dns, TsigAlgorithm};
use domain::ports::DnsWriteError;

use crate::fields::Fields;

/// How long one request to a provider may take.
const TIMEOUT: Option<Duration> = Some(Duration::from_secs(20));

/// Google's own endpoint for tokens: the one in a service account's file would be asked with what is in that file.
const GOOGLE_TOKENS: &str = "https://oauth2.googleapis.com/token";

/// A client for the provider. `server` is where the credential's own name server is reached (RFC 2136).
pub fn updater(name: &str, of: &Fields<'_>, server: SocketAddr) -> Result<Dns, DnsWriteError> {
    if let Some(region) = of.may("region")
        && !region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    {
        return Err(DnsWriteError::Refused("region: must be lower-case letters, digits and dashes".into()));
    }
    if of.may("port").is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err(DnsWriteError::Refused("port: must be a number from 1 to 65535".into()));
    }
    let (must, may) = (|field| of.must(field), |field| of.may(field));
    let key = || of.must("api_key");
    let token = || of.must("api_token");
    let made = match name {
        "alidns" => Dns::new_alidns(
            must("access_key")?,
            must("secret_key")?,
            may("region"),
            may("security_token"),
            may("line"),
            TIMEOUT,
        ),
        "arvancloud" => Dns::new_arvancloud(key()?, TIMEOUT),
        "autodns" => {
            let context = number(of, "context")?;
            Dns::new_autodns(must("username")?, must("password")?, context, TIMEOUT)
        }
        "azuredns" => Dns::new_azuredns(azure(of)?),
        "baiducloud" => Dns::new_baiducloud(must("access_key")?, must("secret_key")?, TIMEOUT),
        "bluecatv2" => Dns::new_bluecatv2(BluecatV2Config {
            server_url: of.owned("url")?,
            username: of.owned("username")?,
            password: of.owned("password")?,
            config_name: of.owned("configuration")?,
            view_name: of.owned("view")?,
            skip_deploy: false,
            request_timeout: TIMEOUT,
        }),
        "bunny" => Dns::new_bunny(key()?, TIMEOUT),
        "cloudflare" => Dns::new_cloudflare(token()?, TIMEOUT),
        "cloudns" => Dns::new_cloudns(may("auth_id"), may("sub_auth_id"), must("auth_password")?, TIMEOUT),
        "constellix" => Dns::new_constellix(key()?, must("secret_key")?, TIMEOUT),
        "cpanel" => Dns::new_cpanel(must("url")?, must("username")?, token()?, TIMEOUT),
        "ddnss" => Dns::new_ddnss(key()?, TIMEOUT),
        "desec" => Dns::new_desec(token()?, TIMEOUT),
        "digitalocean" => Dns::new_digitalocean(token()?, TIMEOUT),
        "dnsimple" => Dns::new_dnsimple(token()?, must("account_id")?, TIMEOUT),
        "dnsmadeeasy" => Dns::new_dnsmadeeasy(key()?, must("api_secret")?, TIMEOUT),
        "domeneshop" => Dns::new_domeneshop(token()?, must("api_secret")?, TIMEOUT),
        "dreamhost" => Dns::new_dreamhost(key()?, TIMEOUT),
        "duckdns" => Dns::new_duckdns(token()?, TIMEOUT),
        "dynu" => Dns::new_dynu(key()?, TIMEOUT),
        "easydns" => Dns::new_easydns(token()?, key()?, TIMEOUT),
        "edgedns" => Dns::new_edgedns(EdgeDnsConfig {
            host: of.owned("host")?,
            client_token: of.owned("client_token")?,
            client_secret: of.owned("client_secret")?,
            access_token: of.owned("access_token")?,
            account_switch_key: of.own("account_switch_key"),
            request_timeout: TIMEOUT,
        }),
        "exoscale" => Dns::new_exoscale(key()?, must("api_secret")?, TIMEOUT),
        "freemyip" => Dns::new_freemyip(token()?, TIMEOUT),
        "gandiv5" => Dns::new_gandiv5(must("personal_access_token")?, TIMEOUT),
        "gcore" => Dns::new_gcore(token()?, TIMEOUT),
        "glesys" => Dns::new_glesys(must("api_user")?, key()?, TIMEOUT),
        "godaddy" => Dns::new_godaddy(key()?, must("api_secret")?, TIMEOUT),
        "google_cloud_dns" => Dns::new_google_cloud_dns(google(of)?),
        "hetzner" => Dns::new_hetzner(token()?, TIMEOUT),
        "hostingde" => Dns::new_hostingde(key()?, TIMEOUT),
        "hostinger" => Dns::new_hostinger(token()?, TIMEOUT),
        "huaweicloud" => Dns::new_huaweicloud(must("access_key")?, must("secret_key")?, must("region")?, TIMEOUT),
        "hurricane" => Dns::new_hurricane(hurricane(must("credentials")?)?, TIMEOUT),
        "ibmcloud" => Dns::new_ibmcloud(must("username")?, key()?, TIMEOUT),
        "infoblox" => Dns::new_infoblox(InfobloxConfig {
            host: of.owned("host")?,
            port: of.own("port"),
            username: of.owned("username")?,
            password: of.owned("password")?,
            wapi_version: of.own("wapi_version"),
            dns_view: of.own("dns_view"),
            request_timeout: TIMEOUT,
        }),
        "infomaniak" => Dns::new_infomaniak(token()?, TIMEOUT),
        "inwx" => Dns::new_inwx(must("username")?, must("password")?, false, TIMEOUT),
        "ionos" => Dns::new_ionos(key()?, TIMEOUT),
        "ipv64" => Dns::new_ipv64(key()?, TIMEOUT),
        "joker" => Dns::new_joker(joker(of)?, TIMEOUT),
        "lightsail" => Dns::new_lightsail(LightsailConfig {
            access_key_id: of.owned("access_key_id")?,
            secret_access_key: of.owned("secret_access_key")?,
            session_token: of.own("session_token"),
            region: of.own("region"),
            domain: None,
            request_timeout: TIMEOUT,
        }),
        "linode" => Dns::new_linode(token()?, TIMEOUT),
        "luadns" => Dns::new_luadns(must("username")?, token()?, TIMEOUT),
        "mythicbeasts" => Dns::new_mythicbeasts(must("username")?, must("password")?, TIMEOUT),
        "namecheap" => Dns::new_namecheap(must("api_user")?, key()?, must("client_ip")?, may("username"), TIMEOUT),
        "namedotcom" => Dns::new_namedotcom(must("username")?, token()?, TIMEOUT),
        "namesilo" => Dns::new_namesilo(key()?, TIMEOUT),
        "netcup" => Dns::new_netcup(must("customer_number")?, key()?, must("api_password")?, TIMEOUT),
        "netlify" => Dns::new_netlify(token()?, TIMEOUT),
        "nifcloud" => Dns::new_nifcloud(must("access_key")?, must("secret_key")?, TIMEOUT),
        "ns1" => Dns::new_ns1(key()?, TIMEOUT),
        "oraclecloud" => Dns::new_oraclecloud(OracleCloudConfig {
            tenancy_ocid: of.owned("tenancy_ocid")?,
            user_ocid: of.owned("user_ocid")?,
            fingerprint: of.owned("fingerprint")?,
            private_key_pem: of.owned("private_key_pem")?,
            private_key_password: of.own("private_key_password"),
            region: of.owned("region")?,
            compartment_ocid: of.owned("compartment_ocid")?,
            request_timeout: TIMEOUT,
        }),
        "ovh" => {
            let endpoint = must("endpoint")?.parse().map_err(|_| wrong("endpoint", "ovh-eu, ovh-us or ovh-ca"))?;
            let (application, secret) = (must("application_key")?, must("application_secret")?);
            Dns::new_ovh(application, secret, must("consumer_key")?, endpoint, TIMEOUT)
        }
        "pdns" => Dns::new_pdns(key()?, may("url"), may("server_name"), TIMEOUT),
        "plesk" => Dns::new_plesk(must("url")?, key()?, TIMEOUT),
        "porkbun" => Dns::new_porkbun(key()?, must("secret_api_key")?, TIMEOUT),
        "rfc2136" => {
            let secret = STANDARD.decode(must("key")?).map_err(|_| wrong("key", "base64, as tsig-keygen prints it"))?;
            let algorithm = algorithm(may("algorithm").unwrap_or("hmac-sha256"))?;
            Dns::new_rfc2136_tsig(DnsAddress::Tcp(server), must("key_name")?, secret, algorithm)
        }
        "route53" => Dns::new_route53(Route53Config {
            access_key_id: of.owned("access_key_id")?,
            secret_access_key: of.owned("secret_access_key")?,
            session_token: of.own("session_token"),
            region: of.own("region"),
            hosted_zone_id: of.own("hosted_zone_id"),
            private_zone_only: None,
            endpoint: of.own("endpoint"),
        }),
        "safedns" => Dns::new_safedns(token()?, TIMEOUT),
        "scaleway" => Dns::new_scaleway(token()?, TIMEOUT),
        "selectel" => {
            let (account, project) = (must("account_id")?, must("project_id")?);
            Dns::new_selectel(must("username")?, must("password")?, account, project, TIMEOUT)
        }
        "simplycom" => Dns::new_simplycom(must("account_name")?, key()?, TIMEOUT),
        "spaceship" => Dns::new_spaceship(key()?, must("api_secret")?, TIMEOUT),
        "tencentcloud" => {
            let (id, secret) = (must("secret_id")?, must("secret_key")?);
            Dns::new_tencentcloud(id, secret, may("region"), may("session_token"), TIMEOUT)
        }
        "transip" => {
            let global = matches!(may("global_key"), Some("yes" | "true" | "1"));
            Dns::new_transip(must("login")?, must("private_key_pem")?, global, TIMEOUT)
        }
        "ultradns" => Dns::new_ultradns(must("username")?, must("password")?, of.own("endpoint"), TIMEOUT),
        "vercel" => Dns::new_vercel(token()?, may("team_id"), TIMEOUT),
        "volcengine" => Dns::new_volcengine(VolcengineConfig {
            access_key: of.owned("access_key")?,
            secret_key: of.owned("secret_key")?,
            region: of.own("region"),
            host: None,
            scheme: None,
            request_timeout: TIMEOUT,
        }),
        "vultr" => Dns::new_vultr(key()?, TIMEOUT),
        "websupport" => Dns::new_websupport(key()?, must("api_secret")?, TIMEOUT),
        "yandexcloud" => Dns::new_yandexcloud(YandexCloudConfig {
            iam_token_b64: of.owned("iam_token_b64")?,
            folder_id: of.owned("folder_id")?,
            request_timeout: TIMEOUT,
        }),
        "zoneeu" => Dns::new_zoneeu(must("username")?, key()?, TIMEOUT),
        other => return Err(DnsWriteError::Refused(format!("Steward knows no DNS provider called {other}"))),
    };
    made.map_err(|error| {
        DnsWriteError::Refused(format!("not a credential for {name}: {}", of.redact(&error.to_string())))
    })
}

fn wrong(field: &str, right: &str) -> DnsWriteError {
    DnsWriteError::Refused(format!("{field}: must be {right}"))
}

fn number(of: &Fields<'_>, field: &str) -> Result<Option<u32>, DnsWriteError> {
    of.may(field).map(|text| text.parse().map_err(|_| wrong(field, "a number"))).transpose()
}

/// The algorithms of RFC 8945 §6 that are still fit for use.
fn algorithm(name: &str) -> Result<TsigAlgorithm, DnsWriteError> {
    match name.trim_end_matches('.').to_ascii_lowercase().as_str() {
        "hmac-sha256" => Ok(TsigAlgorithm::HmacSha256),
        "hmac-sha384" => Ok(TsigAlgorithm::HmacSha384),
        "hmac-sha512" => Ok(TsigAlgorithm::HmacSha512),
        _ => Err(wrong("algorithm", "hmac-sha256, hmac-sha384 or hmac-sha512")),
    }
}

fn azure(of: &Fields<'_>) -> Result<AzureDnsConfig, DnsWriteError> {
    Ok(AzureDnsConfig {
        tenant_id: of.owned("tenant_id")?,
        client_id: of.owned("client_id")?,
        client_secret: of.owned("client_secret")?,
        subscription_id: of.owned("subscription_id")?,
        resource_group: of.owned("resource_group")?,
        environment: match of.may("environment") {
            None | Some("public") => AzureEnvironment::Public,
            Some("china") => AzureEnvironment::China,
            Some("usgovernment") => AzureEnvironment::UsGovernment,
            Some(_) => return Err(wrong("environment", "public, china or usgovernment")),
        },
        request_timeout: TIMEOUT,
    })
}

fn google(of: &Fields<'_>) -> Result<GoogleCloudDnsConfig, DnsWriteError> {
    let no_account = |_| wrong("service_account_json", "the JSON file of a service account");
    let mut account: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(of.must("service_account_json")?).map_err(no_account)?;
    account.insert("token_uri".into(), GOOGLE_TOKENS.into());
    Ok(GoogleCloudDnsConfig {
        service_account_json: serde_json::Value::Object(account).to_string(),
        project_id: of.owned("project_id")?,
        managed_zone: of.own("managed_zone"),
        private_zone: false,
        impersonate_service_account: of.own("impersonate_service_account"),
        request_timeout: TIMEOUT,
    })
}

fn joker(of: &Fields<'_>) -> Result<JokerAuth, DnsWriteError> {
    match (of.own("api_key"), of.own("username"), of.own("password")) {
        (Some(key), None, None) => Ok(JokerAuth::ApiKey(key)),
        (None, Some(username), Some(password)) => Ok(JokerAuth::UsernamePassword { username, password }),
        _ => Err(DnsWriteError::Refused("must have either api_key, or username and password".into())),
    }
}

/// `zone=token` pairs, separated by commas.
fn hurricane(text: &str) -> Result<HashMap<String, String>, DnsWriteError> {
    let pairs = text.split(',').map(|pair| {
        let (zone, token) =
            pair.trim().split_once('=').filter(|(zone, token)| !zone.is_empty() && !token.is_empty())?;
        Some((zone.trim().to_owned(), token.trim().to_owned()))
    });
    pairs.collect::<Option<_>>().ok_or_else(|| wrong("credentials", "zone=token pairs with commas between them"))
}
