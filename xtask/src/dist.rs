//! The last step of trunk's build, so that dist/ is right under a strict policy, behind any cache, and without a network.
//!
//! Trunk names the program's files by their content but not the script that workers begin with; a cache could then pair an old
//! one with a new page. Here it gets such a name too, and the page is told; and the program is taken apart into what the page
//! opens with and the rest. For the development server it stays whole, the service worker is left out, and trunk's inline reload
//! script let in.

use crate::parts::take_apart;
use crate::process::{Result, root};
use crate::size::REST;
use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

const WORKER: &str = "worker.js";
const WORKER_IN_PAGE: &str = "./worker.js";
const REST_IN_PAGE: &str = "<meta name=\"ringscope-rest\" content=\"\">";
const OFFLINE_IN_PAGE: &str = "<meta name=\"ringscope-offline\" content=\"./service-worker.js\">";
const SERVICE_WORKER: &str = "service-worker.js";
const STRICT_SCRIPTS: &str = "script-src 'self'";

/// An environment variable: names of functions stay, for a profiler.
const KEEP_NAMES: &str = "RINGSCOPE_KEEP_NAMES";

/// An environment variable: the program stays in one piece, with its names.
pub const WHOLE: &str = "RINGSCOPE_WHOLE";

/// Stands in trunk's inline reload script until it is served.
const DEVELOPMENT_MARK: &str = "{{__TRUNK_ADDRESS__}}";

/// Called by trunk, which says in the environment where it has put the files.
pub fn finish_for_trunk() -> Result<()> {
    let folder = env::var_os("TRUNK_STAGING_DIR")
        .ok_or("TRUNK_STAGING_DIR is not set: this is called by trunk, see Trunk.toml")?;
    let template = root().join("www").join(SERVICE_WORKER);
    let template = fs::read_to_string(&template).map_err(|error| format!("{}: {error}", template.display()))?;
    let mut files = read_folder(Path::new(&folder), "").map_err(|error| format!("{}: {error}", folder.display()))?;
    let before: Vec<String> = files.keys().cloned().collect();
    finish(&mut files, &template)?;
    let write = |name: &String, content: &[u8]| fs::write(Path::new(&folder).join(name), content);
    for gone in before.iter().filter(|name| !files.contains_key(*name)) {
        fs::remove_file(Path::new(&folder).join(gone)).map_err(|error| format!("{gone}: {error}"))?;
    }
    for (name, content) in &files {
        write(name, content).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

type Files = BTreeMap<String, Vec<u8>>;

fn read_folder(folder: &Path, prefix: &str) -> std::io::Result<Files> {
    let mut files = Files::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            files.extend(read_folder(&entry.path(), &format!("{name}/"))?);
        } else {
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(files)
}

fn finish(files: &mut Files, service_worker: &str) -> Result<()> {
    let page = take(files, "index.html")?;
    let mut page = String::from_utf8(page).map_err(|_| "index.html is not UTF-8")?;
    let worker = name_worker_by_content(files)?;
    replace(&mut page, WORKER_IN_PAGE, &format!("./{worker}"))?;
    if page.contains(DEVELOPMENT_MARK) {
        replace(&mut page, STRICT_SCRIPTS, &format!("{STRICT_SCRIPTS} 'unsafe-inline'"))?;
        replace(&mut page, OFFLINE_IN_PAGE, "")?;
    } else {
        if env::var_os(WHOLE).is_none() {
            take_program_apart(files, &mut page)?;
        }
        let names: Vec<String> = files.keys().map(|name| format!("\"./{name}\"")).collect();
        let version = fingerprint(files.values().map(Vec::as_slice).chain([page.as_bytes()]));
        let mut script = service_worker.to_owned();
        replace(&mut script, "{{VERSION}}", &version)?;
        replace(&mut script, "{{FILES}}", &format!("[{}]", names.join(", ")))?;
        files.insert(SERVICE_WORKER.to_owned(), script.into_bytes());
    }
    files.insert("index.html".to_owned(), page.into_bytes());
    Ok(())
}

/// The page learns the name of the rest.
fn take_program_apart(files: &mut Files, page: &mut String) -> Result<()> {
    let names = env::var_os(KEEP_NAMES).is_some();
    let mut rests = Files::new();
    for (_, program) in files.iter_mut().filter(|(name, _)| name.ends_with(".wasm")) {
        let parts = take_apart(program, names)?;
        *program = parts.first;
        if let Some(rest) = parts.rest {
            let name = format!("{REST}{}.wasm", fingerprint([rest.as_slice()]));
            replace(
                page,
                REST_IN_PAGE,
                &REST_IN_PAGE.replace("\"\"", &format!("\"./{name}\"")),
            )?;
            rests.insert(name, rest);
        }
    }
    files.append(&mut rests);
    Ok(())
}

/// Renames the workers' script and returns its name.
fn name_worker_by_content(files: &mut Files) -> Result<String> {
    let script = take(files, WORKER)?;
    let name = format!("worker-{}.js", fingerprint([script.as_slice()]));
    files.insert(name.clone(), script);
    Ok(name)
}

fn take(files: &mut Files, name: &str) -> Result<Vec<u8>> {
    files.remove(name).ok_or(format!(
        "trunk built no {name}: do index.html and xtask/src/dist.rs still agree?"
    ))
}

fn replace(text: &mut String, from: &str, to: &str) -> Result<()> {
    if text.matches(from).count() != 1 {
        return Err(format!(
            "expected `{from}` once: do index.html, www/ and xtask/src/dist.rs still agree?"
        ));
    }
    *text = text.replace(from, to);
    Ok(())
}

/// 64-bit FNV-1a: names that change with the content; nothing here guards against intent.
fn fingerprint<'a>(contents: impl IntoIterator<Item = &'a [u8]>) -> String {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
    let hash = contents
        .into_iter()
        .fold(OFFSET_BASIS, |hash, content| content.iter().fold(hash, step));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "const VERSION = \"{{VERSION}}\"\nconst FILES = {{FILES}}";

    fn built(extra_html: &str) -> Files {
        let page =
            format!("<meta csp=\"{STRICT_SCRIPTS}\"><meta content=\"{WORKER_IN_PAGE}\">{OFFLINE_IN_PAGE}{extra_html}");
        let files = [
            ("index.html", page.as_str()),
            ("app-1234.js", "program"),
            (WORKER, "js"),
        ];
        files
            .map(|(name, content)| (name.to_owned(), content.as_bytes().to_vec()))
            .into()
    }

    fn text(files: &Files, name: &str) -> String {
        String::from_utf8(files[name].clone()).unwrap()
    }

    #[test]
    fn the_worker_is_named_by_its_content_everywhere() {
        let mut files = built("");
        finish(&mut files, TEMPLATE).unwrap();
        let name = format!("worker-{}.js", fingerprint([&b"js"[..]]));
        let names: Vec<&String> = files.keys().collect();
        assert_eq!(names, ["app-1234.js", "index.html", SERVICE_WORKER, &name]);
        let named = format!("\"./{name}\"");
        assert!(text(&files, "index.html").contains(&named));
        assert!(text(&files, SERVICE_WORKER).contains(&named));
    }

    #[test]
    fn the_service_worker_changes_with_any_file() {
        let version = |change: &dyn Fn(&mut Files)| {
            let mut files = built("");
            change(&mut files);
            finish(&mut files, TEMPLATE).unwrap();
            text(&files, SERVICE_WORKER)
        };
        let original = version(&|_| ());
        assert_eq!(original, version(&|_| ()));
        assert_ne!(
            original,
            version(&|files| files.get_mut("index.html").unwrap().push(b' '))
        );
        assert_ne!(
            original,
            version(&|files| files.get_mut("worker.js").unwrap().push(b' '))
        );
    }

    #[test]
    fn development_reloads_and_keeps_nothing() {
        let mut files = built(&format!("<script>'{DEVELOPMENT_MARK}'</script>"));
        finish(&mut files, TEMPLATE).unwrap();
        assert!(!files.contains_key(SERVICE_WORKER) && !text(&files, "index.html").contains(SERVICE_WORKER));
        assert!(text(&files, "index.html").contains("script-src 'self' 'unsafe-inline'"));
    }

    #[test]
    fn a_page_that_no_longer_agrees_is_an_error() {
        let mut files = built("");
        files.remove("worker.js");
        assert!(finish(&mut files, TEMPLATE).unwrap_err().contains("worker.js"));
        assert!(finish(&mut built(WORKER_IN_PAGE), TEMPLATE).is_err());
        assert!(finish(&mut built(""), "no placeholder").is_err());
    }
}
