//! Whatever a CA answers is read, or refused in words that fit into a row.

use http::{Method, StatusCode};
use instant_acme::Problem;
use mutate::{cases, ends, mutated};
use proptest::prelude::*;

use crate::fault::{self, Fault};
use crate::published::{Read, identifier};

fn problems() -> Vec<Vec<u8>> {
    let identifier = r#"{"type":"dns","value":"www.example.com"}"#;
    let part = format!(r#"{{"type":"urn:ietf:params:acme:error:caa","detail":"no","identifier":{identifier}}}"#);
    [
        r#"{"type":"urn:ietf:params:acme:error:malformed","detail":"Certificate not found","status":404}"#.to_owned(),
        r#"{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many","status":429}"#.to_owned(),
        format!(r#"{{"type":"urn:ietf:params:acme:error:compound","detail":"several","subproblems":[{part},{part}]}}"#),
    ]
    .map(String::into_bytes)
    .into()
}

fn directories() -> Vec<Vec<u8>> {
    let meta = r#"{"caaIdentities":["ca.example"],"profiles":{"classic":"The usual","shortlived":"Six days"}}"#;
    let urls = ["newNonce", "newAccount", "newOrder", "revokeCert", "renewalInfo"];
    let urls = urls.map(|field| format!(r#""{field}":"https://ca.example/{field}""#)).join(",");
    vec![format!("{{{urls},\"meta\":{meta}}}").into_bytes()]
}

fn chain() -> Vec<u8> {
    let params = rcgen::CertificateParams::new(["www.example.com".to_owned()]).unwrap();
    params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem().into_bytes()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn problem_documents(body in mutated(problems()), status in 300..600u16, post in any::<bool>()) {
        let problem = ends(|| serde_json::from_slice::<Problem>(&body).ok());
        if let Some(problem) = &problem {
            prop_assert!(fault::words(problem).len() <= 4 * body.len() + 100);
        }
        let method = if post { Method::POST } else { Method::GET };
        let _ = ends(|| Fault::answered(&method, StatusCode::from_u16(status).unwrap(), problem.as_ref(), None));
    }

    #[test]
    fn directory_documents(body in mutated(directories())) {
        match ends(|| Read::of(&body, "ca.example")) {
            Ok(read) => prop_assert!(read.fresh().is_some()),
            Err(fault) => prop_assert!(fault.to_string().starts_with("the directory of ca.example is not ACME: ")),
        }
    }

    #[test]
    fn chains_to_be_renewed(pem in mutated(vec![chain()])) {
        let _ = ends(|| identifier(&String::from_utf8_lossy(&pem)));
    }
}
