//! A whole machine, with the commands that Steward takes unless told otherwise: `nginx -t`, `systemctl reload nginx`.

use serde_json::json;
use system_tests::peers::{Authority, Machine, Visitor};
use system_tests::steward::{SITE, Steward, StewardOptions, eventually, fingerprint, served};

const SNIPPET: &str = "/etc/nginx/snippets/steward.conf";
const BROKEN: &str = "/etc/nginx/conf.d/broken.conf";
const OVERRIDE: &str = "/etc/systemd/system/nginx.service.d/reload.conf";

#[tokio::test(flavor = "multi_thread")]
async fn nginx_under_systemd_gets_it_and_keeps_the_old_one_after_a_failure() {
    let Some(machine) = Machine::start().await else { return };
    let authority = Authority::generate();
    let (old, old_key) = authority.issue(&[SITE]);
    machine.write("/etc/nginx/old.pem", &old);
    machine.write("/etc/nginx/old.key", &old_key);
    machine.write(SNIPPET, "ssl_certificate /etc/nginx/old.pem;\nssl_certificate_key /etc/nginx/old.key;\n");
    let site = format!("server {{ listen 443 ssl; server_name {SITE}; include {SNIPPET}; }}\n");
    machine.write("/etc/nginx/conf.d/site.conf", &site);
    machine.run("systemctl reload nginx").unwrap();

    let steward = Steward::start(StewardOptions::default()).await;
    let admin = steward.admin().await;
    let server = json!({"type": "nginx", "name": "web1", "ip_address": "127.0.0.1"});
    let server = admin.post("/api/servers", server).await.expect(201)["id"].as_i64().unwrap();
    let ssh = json!({"port": machine.ssh().port(), "user": "root"});
    let shown = admin.put(&format!("/api/servers/{server}/ssh"), ssh).await.ok();
    machine.write("/root/.ssh/authorized_keys", shown["ssh"]["public_key"].as_str().unwrap());
    let ended = async |operation: i64| {
        let path = format!("/api/operations/{operation}");
        let over = || async {
            let shown = admin.get(&path).await.ok();
            (shown["state"] == "succeeded" || shown["state"] == "failed").then_some(())
        };
        eventually("the end of an operation", over).await;
    };
    let tested = admin.post(&format!("/api/servers/{server}/ssh/test"), json!({})).await.expect(202);
    ended(tested["operation_id"].as_i64().unwrap()).await;
    let shown = admin.get(&format!("/api/servers/{server}")).await.ok();
    assert!(shown["system"].as_str().unwrap().starts_with("Debian GNU/Linux"), "{shown}");
    assert!(shown["version"].as_str().unwrap().starts_with("nginx/"), "{shown}");

    let (first, first_key) = authority.issue(&[SITE]);
    let certificate = steward.plant_issued(1, SITE, &first, &first_key).await;
    let deployment = json!({
        "certificate_id": certificate, "server_id": server, "deploy_path": "/etc/nginx/steward",
        "config": {"port": machine.https().port(), "snippet_path": SNIPPET},
    });
    let deployment = admin.post("/api/deployments", deployment).await.expect(201)["id"].as_i64().unwrap();
    let result = async || {
        let run = admin.post(&format!("/api/deployments/{deployment}/run"), json!({})).await.expect(202);
        ended(run["operation_id"].as_i64().unwrap()).await;
        let runs = admin.get(&format!("/api/deployments/{deployment}/runs")).await.ok();
        let mut runs = runs["runs"].as_array().unwrap().iter();
        let run = runs.find(|shown| shown["operation_id"] == run["operation_id"]).unwrap();
        format!("{} {}", run["result"].as_str().unwrap(), run["error"].as_str().unwrap_or_default())
    };
    let visitor = Visitor::start(SITE, machine.https(), &authority.root_pem());
    assert_eq!(result().await, "deployed ");
    assert_eq!(served(&steward, machine.https()).await, fingerprint(&first));

    let (second, second_key) = authority.issue(&[SITE]);
    steward.replace_issued(certificate, &second, Some(&second_key)).await;
    machine.write(BROKEN, "nonsense;\n");
    let said = result().await;
    assert!(said.starts_with("rolled_back `nginx -t` failed"), "{said}");
    assert_eq!(served(&steward, machine.https()).await, fingerprint(&first));
    machine.run(&format!("rm {BROKEN}")).unwrap();

    machine.write(OVERRIDE, "[Service]\nExecReload=\nExecReload=/bin/false\n");
    machine.run("systemctl daemon-reload").unwrap();
    let said = result().await;
    assert!(said.starts_with("rolled_back `systemctl reload nginx` failed"), "{said}");
    assert_eq!(served(&steward, machine.https()).await, fingerprint(&first));
    machine.run(&format!("rm {OVERRIDE} && systemctl daemon-reload")).unwrap();

    assert_eq!(result().await, "deployed ");
    assert_eq!(served(&steward, machine.https()).await, fingerprint(&second));
    let (answers, took) = visitor.all_good();
    println!("{answers} visitors in {took:?}, all served well");
}
