//! What is deployed: the one place that takes a certificate's chain and key.

use domain::Context;
use domain::certificates::{Certificate, Status};
use secrecy::SecretString;

use crate::hitch::Hitch;

/// A chain with its key.
pub(crate) struct Material {
    /// PEM, leaf first.
    pub(crate) chain: String,
    /// PEM.
    pub(crate) key: SecretString,
    /// SHA-256 of the leaf, hex.
    pub(crate) fingerprint: String,
}

/// The chain and the key of a certificate that is valid now. Refuses what a server must not get.
pub(crate) async fn of(ctx: &Context, certificate: &Certificate) -> Result<Material, Hitch> {
    let id = certificate.id;
    let issued = match (certificate.issued(), certificate.status(ctx.clock.now())) {
        (_, Status::Expired) => {
            return Err(Hitch::refused(format!("certificate {id} has expired; renew it, then run this again")));
        }
        (_, Status::Revoked) => {
            return Err(Hitch::refused(format!("certificate {id} was revoked; deploy another one")));
        }
        (Some(issued), _) => issued,
        (None, _) => {
            return Err(Hitch::refused(format!("certificate {id} is not issued yet; run this again when it is")));
        }
    };
    let key = ctx.vault.get(&certificate.key_name()).await.map_err(domain::Error::from)?;
    let key = key.ok_or_else(|| Hitch::refused(format!("the key of certificate {id} is not in the vault")))?;
    let belongs = tls::matches_key(&issued.chain, &key)
        .map_err(|error| Hitch::refused(format!("certificate {id} cannot be deployed: {error}")))?;
    if !belongs {
        return Err(Hitch::refused(format!(
            "the key in the vault does not belong to certificate {id}; nothing was sent to the server"
        )));
    }
    Ok(Material { chain: issued.chain.clone(), key, fingerprint: issued.fingerprint.clone() })
}
