use domain::Context;
use domain::deployments::Outcome;

use crate::attempt::Attempt;
use crate::hitch::{Course, Hitch};
use crate::script::{self, script};
use crate::served;

/// What a shell says of a program that is not there, or cannot be run (POSIX 2.8.2).
const NO_PROGRAM: [u32; 2] = [126, 127];
/// What is written beside the files themselves, at the most, in KiB: directories, links, the fence.
const BESIDE: usize = 32;

/// What a dry run does instead of deploying: looks whether anything is in the way, and says what would be done.
pub(crate) async fn inspect(ctx: &Context, attempt: &mut Attempt) -> Result<Course, Hitch> {
    let current = look_at_place(ctx, attempt).await?;
    let mut found = vec![match current.trim() {
        "" => format!("{} has no version of Steward's yet", attempt.site.deploy_path),
        version => format!("{}/current is {version}", attempt.site.deploy_path),
    }];
    if let Some(test) = attempt.site.test.clone() {
        let output = attempt.sh(ctx, script::command(&test)).await?;
        found.push(match output.status {
            0 => format!("`{test}` goes well"),
            status if NO_PROGRAM.contains(&status) => {
                return Err(Hitch::failed(format!("`{test}` cannot be run: {}", output.words())));
            }
            _ => format!("`{test}` failed: {} (as things are now)", output.words()),
        });
    }
    found.extend(served::look(ctx, &attempt.site).await.iter().map(|(served, p)| served::words(served, p.as_ref())));
    if let Some(reload) = &attempt.site.reload {
        found.push(format!("then `{reload}` would be run"));
    }
    found.push(match (attempt.site.endpoints.is_empty(), &attempt.site.assumed) {
        (true, _) => "the files would be compared on the server".to_owned(),
        (false, Some(assumed)) => format!("the site would be looked at; {assumed}"),
        (false, None) => "the site would be looked at".to_owned(),
    });
    attempt.operation.value.complete_with("inspect", Some(found.join("; ")), ctx.clock.now());
    Ok(attempt.end(ctx, Outcome::Checked, false).await?)
}

/// Refuses a place where a run would fail half-way, or where somebody else's files are; else says which version is
/// current there.
pub(crate) async fn look_at_place(ctx: &Context, attempt: &mut Attempt) -> Result<String, Hitch> {
    let site = &attempt.site;
    let chain = attempt.certificate.issued().map_or(0, |issued| issued.chain.len());
    let snippet = site.snippet.as_ref().map_or(0, |(_, text)| text.len());
    // Once as the new version, once as that of the files that were there.
    let room = (2 * (chain + snippet) / 1024 + BESIDE).to_string();
    let program = |command: &Option<String>| command.as_deref().and_then(program).unwrap_or_default().to_owned();
    let (test, reload) = (program(&site.test), program(&site.reload));
    let rights = &site.rights;
    let arguments = [
        site.deploy_path.as_str(),
        attempt.snippet_path(),
        &rights.owner,
        &rights.group,
        &rights.mode,
        &test,
        &reload,
        &room,
    ];
    let inspect = script(script::INSPECT, arguments);
    attempt.must(ctx, "files cannot be put there", inspect).await
}

/// The program that a command begins with, where that is plain to see.
fn program(command: &str) -> Option<&str> {
    let word = command.split_ascii_whitespace().next()?;
    let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._+-".contains(c));
    is_plain.then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_of_a_command_is_named_where_it_is_plain() {
        for (command, found) in [
            ("nginx -t", Some("nginx")),
            ("/usr/sbin/apache2ctl configtest", Some("/usr/sbin/apache2ctl")),
            ("HOME=/ nginx -t", None),
            ("( nginx -t )", None),
            ("! grep x", None),
            ("$NGINX -t", None),
            ("true;false", None),
        ] {
            assert_eq!(program(command), found, "{command}");
        }
    }
}
