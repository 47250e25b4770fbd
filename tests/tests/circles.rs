//! Modules that import each other cannot be understood, tested or moved one without the other: what two share belongs beneath
//! both. Imports are read out of the sources. What only tests import does not count, nor what a module only passes on, nor
//! what it has of the modules that it is inside of.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use tollbooth_tests::repository;

/// A module's place in its crate: `["evaluation", "score"]`.
type Place = Vec<String>;

/// A name that a module imports: where from, and whether only to pass it on.
struct Import {
    path: Vec<String>,
    name: String,
    passed_on: bool,
}

/// What a file names of its own crate.
#[derive(Default)]
struct Named {
    imports: Vec<Import>,
    /// Paths in its code.
    paths: Vec<Vec<String>>,
}

#[test]
fn no_modules_import_each_other() {
    let root = repository();
    let mut found = BTreeSet::new();
    for source in sources(&root) {
        let folder = source.strip_prefix(&root).unwrap().display().to_string();
        for circle in circles(&read(&source)) {
            let names: BTreeSet<String> = circle.iter().map(|place| place.join("::")).collect();
            found.insert((folder.clone(), names));
        }
    }
    assert!(found.is_empty(), "modules import each other; move what they share into a module beneath them: {found:#?}");
}

#[test]
fn a_circle_is_found_through_names_that_are_passed_on_and_not_through_tests() {
    let crate_of = |files: &[(&str, &str)]| -> BTreeMap<Place, Named> {
        let place = |name: &str| name.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
        files.iter().map(|(name, text)| (place(name), named(text))).collect()
    };
    let direct = crate_of(&[("", "mod a; mod b;"), ("a", "use crate::b::B;"), ("b", "fn f() { crate::a::g() }")]);
    assert_eq!(circles(&direct).len(), 1);
    let through = crate_of(&[
        ("", "mod a; mod b; pub use a::{A, more::C as D}; pub use b::B;"),
        ("a", "use crate::{B, other};"),
        ("b", "/* of crate::c */ use super::A; const TEXT: &str = \"crate::c::X\";"),
        ("c", "use crate::b::B;"),
    ]);
    let names: Vec<_> = circles(&through).into_iter().map(|circle| circle.concat()).collect();
    assert_eq!(names, [["a".to_owned(), "b".to_owned()]]);
    let tested = crate_of(&[
        ("", "mod a; mod b;"),
        ("a", "use crate::b::B;"),
        ("b", "#[cfg(test)] use crate::a::A; #[cfg(all(test, unix))] mod tests { use crate::a::A; use super::*; }"),
    ]);
    assert!(circles(&tested).is_empty());
}

/// Source folders of every crate and component.
fn sources(root: &Path) -> Vec<PathBuf> {
    let mut packages = Vec::from(["delivery", "faults", "siege", "tests"].map(|package| root.join(package)));
    for rooms in ["crates", "components"] {
        packages.extend(fs::read_dir(root.join(rooms)).unwrap().map(|entry| entry.unwrap().path()));
    }
    packages.sort();
    let sources: Vec<_> =
        packages.into_iter().map(|package| package.join("src")).filter(|path| path.is_dir()).collect();
    assert!(sources.len() > 30, "only {} packages were found", sources.len());
    sources
}

fn read(source: &Path) -> BTreeMap<Place, Named> {
    let mut files = Vec::new();
    let mut folders = vec![source.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    // Beside a library it is a program of its own.
    let is_beside = |file: &Path| file == source.join("main.rs") && source.join("lib.rs").is_file();
    files
        .iter()
        .filter(|file| !is_beside(file))
        .map(|file| (place(file.strip_prefix(source).unwrap()), named(&fs::read_to_string(file).unwrap())))
        .collect()
}

fn place(file: &Path) -> Place {
    let mut parts: Place = file.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// Everything a file names that may be of its own crate, without what it has for tests.
fn named(text: &str) -> Named {
    let mut named = Named::default();
    walk(TokenStream::from_str(text).unwrap(), &mut named);
    named
}

fn walk(stream: TokenStream, named: &mut Named) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == '#' && is_for_tests(tokens.get(at + 1)) => {
                at += 2;
                // To the end of what the attribute is on.
                while let Some(token) = tokens.get(at) {
                    at += 1;
                    let is_body = matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
                    if is_body || is(Some(token), ';') {
                        break;
                    }
                }
                continue;
            }
            TokenTree::Ident(word) if word == "use" => {
                let length = tokens.iter().skip(at).take_while(|token| !is(Some(token), ';')).count();
                let passed_on = is_public(&tokens, at);
                let tree = tokens.get(at + 1..at + length).unwrap_or_default();
                imports(Vec::new(), tree, passed_on, &mut named.imports);
                at += length;
                continue;
            }
            TokenTree::Ident(_) => {
                let path = path(&tokens, at);
                at += 1 + 3 * (path.len() - 1);
                if path.len() > 1 {
                    named.paths.push(path);
                }
                continue;
            }
            TokenTree::Group(group) => walk(group.stream(), named),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
        at += 1;
    }
}

fn is(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

/// `[cfg(test)]` or `[cfg(all(test, …))]`
fn is_for_tests(attribute: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(group)) = attribute else { return false };
    let text: String = group.stream().to_string().split_whitespace().collect();
    text == "cfg(test)" || text.starts_with("cfg(all(test,")
}

/// Whether `pub`, or `pub(…)`, stands before this place.
fn is_public(tokens: &[TokenTree], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
    let is_pub = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Ident(word)) if word == "pub");
    let is_limited = matches!(before(1), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis)
        && is_pub(before(2));
    is_pub(before(1)) || is_limited
}

/// The path that begins here: `a::b::c`.
fn path(tokens: &[TokenTree], at: usize) -> Vec<String> {
    let mut path = Vec::new();
    let mut next = at;
    while let Some(TokenTree::Ident(word)) = tokens.get(next) {
        path.push(word.to_string());
        if !(is(tokens.get(next + 1), ':') && is(tokens.get(next + 2), ':')) {
            break;
        }
        next += 3;
    }
    path
}

/// The names of a tree of `use`.
fn imports(prefix: Vec<String>, tree: &[TokenTree], passed_on: bool, to: &mut Vec<Import>) {
    let mut path = prefix;
    let mut name = None;
    let mut tokens = tree.iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "as" => name = tokens.next().map(ToString::to_string),
            // `a::{self}` is `a`.
            TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
            TokenTree::Ident(word) => path.push(word.to_string()),
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                for branch in inner.split(|token| is(Some(token), ',')).filter(|branch| !branch.is_empty()) {
                    imports(path.clone(), branch, passed_on, to);
                }
                return;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    let name = name.or_else(|| path.last().cloned()).unwrap_or_default();
    to.push(Import { path, name, passed_on });
}

/// Sets of modules that reach each other.
fn circles(files: &BTreeMap<Place, Named>) -> Vec<Vec<Place>> {
    let passed: BTreeMap<(&Place, &str), &[String]> = files
        .iter()
        .flat_map(|(place, named)| named.imports.iter().map(move |i| ((place, i.name.as_str()), i.path.as_slice())))
        .collect();
    let resolve = |from: &Place, path: &[String]| resolve(files, &passed, from, path, 0);
    let arrows: BTreeMap<&Place, BTreeSet<Place>> = files
        .iter()
        .map(|(place, named)| {
            let imported = named.imports.iter().filter(|import| !import.passed_on).map(|import| &import.path);
            let reached = imported.chain(&named.paths).filter_map(|path| resolve(place, path));
            (place, reached.filter(|reached| !place.starts_with(reached) && files.contains_key(reached)).collect())
        })
        .collect();
    let reach: BTreeMap<&Place, BTreeSet<&Place>> =
        arrows.keys().map(|place| (*place, reached_from(place, &arrows))).collect();
    let mut circles = BTreeSet::new();
    for (place, reached) in &reach {
        if reached.contains(*place) {
            let circle: Vec<Place> =
                reached.iter().filter(|other| reach[**other].contains(*place)).map(|other| (*other).clone()).collect();
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

fn reached_from<'a>(from: &Place, arrows: &'a BTreeMap<&Place, BTreeSet<Place>>) -> BTreeSet<&'a Place> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Place> = arrows[from].iter().collect();
    while let Some(place) = next.pop() {
        if reached.insert(place) {
            next.extend(&arrows[place]);
        }
    }
    reached
}

/// The module that a path leads to, through names that modules on the way pass on; none when it leads out of the crate.
fn resolve(
    files: &BTreeMap<Place, Named>,
    passed: &BTreeMap<(&Place, &str), &[String]>,
    from: &Place,
    path: &[String],
    depth: usize,
) -> Option<Place> {
    let mut at = from.clone();
    let mut path = path;
    match path.first()?.as_str() {
        "crate" => {
            at.clear();
            path = &path[1..];
        }
        "self" => path = &path[1..],
        "super" => {
            while path.first().is_some_and(|part| part == "super") {
                at.pop();
                path = &path[1..];
            }
        }
        first => {
            at.push(first.to_owned());
            if !files.contains_key(&at) {
                return None;
            }
            path = &path[1..];
        }
    }
    while let Some(part) = path.first() {
        let mut inner = at.clone();
        inner.push(part.clone());
        if files.contains_key(&inner) {
            at = inner;
            path = &path[1..];
            continue;
        }
        // A name that is passed on; names that pass each other on in a ring lead nowhere.
        let further = passed.get(&(&at, part.as_str())).filter(|_| depth < 8);
        return Some(further.and_then(|path| resolve(files, passed, &at, path, depth + 1)).unwrap_or(at));
    }
    Some(at)
}
