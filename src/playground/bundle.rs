//! The page's modules as one script, because browsers load no modules from `file://`. Each module becomes a function that
//! returns what it exports. A module may import only as `import { a, b } from './x.js';` and export only declarations.

macro_rules! modules {
    ($($name:literal),+ $(,)?) => {
        /// Name and source of each module; each imports only from those before it.
        pub(super) const MODULES: &[(&str, &str)] = &[$(($name, include_str!(concat!("page/", $name)))),+];
    };
}

modules![
    "safetensors.js",
    "lstm.js",
    "light.js",
    "form.js",
    "likeness.js",
    "strokes.js",
    "state.js",
    "numbers.js",
    "candidate.js",
    "contents.js",
    "laboratory.js",
    "source.js",
    "reading.js",
    "charts.js",
    "curves.js",
    "equation.js",
    "unrolled.js",
    "takeaway.js",
    "pad.js",
    "player.js",
    "card.js",
    "picker.js",
    "facts.js",
    "trainee.js",
    "chooser.js",
    "training.js",
    "view.js",
    "main.js",
];

/// All modules as one script.
pub(super) fn joined() -> String {
    let functions: String = MODULES.iter().map(|(name, source)| function(name, source)).collect();
    format!("\n'use strict';\nconst modules = {{}};\n{functions}")
}

/// A module as a function that is called at once.
fn function(name: &str, source: &str) -> String {
    let (mut body, mut exported) = (String::new(), Vec::new());
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("import {") {
            // A long list of names takes several lines.
            let mut import = line.to_string();
            while !import.ends_with(';') {
                import.extend(lines.next().map(|line| format!(" {}", line.trim())));
            }
            body.push_str(&required(&import));
        } else if let Some(declaration) = line.strip_prefix("export ") {
            exported.push(declared(declaration));
            body.push_str(declaration);
        } else {
            body.push_str(line);
        }
        body.push('\n');
    }
    format!(
        "\n// {name}\nmodules['{name}'] = (() => {{\n{body}return {{ {} }};\n}})();\n",
        exported.join(", ")
    )
}

/// `import { a, b } from './x.js';` as a declaration.
fn required(import: &str) -> String {
    import
        .replacen("import {", "const {", 1)
        .replacen("} from './", "} = modules['", 1)
        .replacen("';", "'];", 1)
}

/// The name that a declaration declares.
fn declared(declaration: &str) -> String {
    let mut words = declaration.split(|c: char| !c.is_alphanumeric() && c != '_');
    let kind = words.find(|word| *word != "async");
    debug_assert!(matches!(kind, Some("function" | "const" | "class")), "{declaration}");
    words.next().unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_module_becomes_a_function_that_returns_what_it_exports() {
        let source = "import { b } from './b.js';\nimport {\n  c,\n  d,\n} from './c.js';\nexport const one = b;\n\
                      export async function two() {}\nexport class Three {}\nconst four = c + d;\n";
        let expected = "\n// a.js\nmodules['a.js'] = (() => {\nconst { b } = modules['b.js'];\n\
                        const { c, d, } = modules['c.js'];\nconst one = b;\nasync function two() {}\nclass Three {}\n\
                        const four = c + d;\nreturn { one, two, Three };\n})();\n";
        assert_eq!(function("a.js", source), expected);
    }

    #[test]
    fn every_module_of_the_page_is_joined_after_those_that_it_imports() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/playground/page");
        let files =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert_eq!(files.filter(|name| name.ends_with(".js")).count(), MODULES.len());
        for (index, (name, source)) in MODULES.iter().enumerate() {
            let imports = source.split("\nimport ").skip(1).chain(source.strip_prefix("import "));
            for import in imports {
                let from = import.split("from './").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
                assert!(
                    MODULES[..index].iter().any(|(earlier, _)| *earlier == from),
                    "{name} imports {from}"
                );
            }
        }
    }

    #[test]
    fn the_script_neither_imports_nor_ends_early() {
        let script = joined();
        for wrong in ["</script", "<!--", "\nimport ", "\nexport "] {
            assert!(!script.contains(wrong), "{wrong}");
        }
    }
}
