//! `rowlstm playground` as a server: what it answers, what it refuses, and that runs trained in the page are ordinary runs.
//! Requests are written to the socket byte by byte, as an attacker may. What the page does is tested in a browser
//! (`scripts/check_playground`).

use crate::support::{folder_files, only_run, rowlstm, trained};
use assert_cmd::cargo::CommandCargoExt;
use predicates::prelude::*;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(60);

struct Server {
    process: Child,
    port: u16,
}

impl Server {
    /// A server of the runs in `folder/runs`, on a free port.
    fn start(folder: &Path) -> Self {
        Self::start_with(folder, |command| command)
    }

    fn start_with(folder: &Path, more: impl Fn(&mut Command) -> &mut Command) -> Self {
        let mut command = Command::cargo_bin("rowlstm").unwrap();
        more(command.current_dir(folder).args(["playground", "--port", "0"]));
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix('/'));
        Self { process, port: port.unwrap_or_else(|| panic!("an address, not {line}")).parse().unwrap() }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream
    }

    /// Sends bytes, and returns the status, the head and the body of what comes back until the connection is closed.
    fn send(&self, request: &[u8]) -> (u16, String, Vec<u8>) {
        let mut stream = self.connect();
        // A server may refuse a long request before it has read it all.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer has a head");
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head, answer[end + 4..].to_vec())
    }

    /// A request with these lines besides Host and Connection.
    fn request(&self, line: &str, headers: &str, body: &str) -> (u16, String, Vec<u8>) {
        let port = self.port;
        let request =
            format!("{line} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{headers}\r\n{body}");
        self.send(request.as_bytes())
    }

    fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let (status, _, body) = self.request(&format!("GET {path}"), "", "");
        (status, body)
    }

    /// A request of the page, with its JSON answer.
    fn post(&self, path: &str, body: &str) -> (u16, Value) {
        let headers = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        let (status, _, body) = self.request(&format!("POST {path}"), &headers, body);
        (status, serde_json::from_slice(&body).unwrap())
    }

    fn train(&self, settings: &Value) -> (u16, Value) {
        self.post("/api/train", &settings.to_string())
    }

    /// The run of this name in the list of runs.
    fn run(&self, name: &str) -> Value {
        let (status, body) = self.get("/api/runs");
        assert_eq!(status, 200);
        let list: Value = serde_json::from_slice(&body).unwrap();
        let runs = list["runs"].as_array().unwrap();
        runs.iter().find(|run| run["name"] == name).unwrap_or_else(|| panic!("{name} in {list}")).clone()
    }

    fn wait(&self, name: &str, what: &str, done: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let run = self.run(name);
            if done(&run) {
                return run;
            }
            assert!(start.elapsed() < LIMIT, "{what}: {run}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it with a signal, and returns its exit code.
    #[cfg(unix)]
    fn end(mut self, signal: &str) -> Option<i32> {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        self.process.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Slow enough to be paused: 600 training steps of 128 units.
fn slow_settings() -> Value {
    json!({ "num-units": 128, "epochs": 5, "batch-size": 50, "train-limit": 6000, "validation": 500, "seed": 3 })
}

#[test]
fn the_page_and_its_modules_are_served_with_a_policy_for_this_server_alone() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (status, head, page) = server.request("GET /", "", "");
    let page = String::from_utf8(page).unwrap();
    assert_eq!(status, 200);
    let policy = "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; \
                  img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'\r\n";
    assert!(head.contains(policy), "{head}");
    assert!(page.contains("src=\"main.js\"") && page.contains("href=\"style.css\""));
    for (path, kind) in
        [("/main.js", "text/javascript"), ("/training.js", "text/javascript"), ("/style.css", "text/css")]
    {
        let (status, head, _) = server.request(&format!("GET {path}"), "", "");
        assert!(status == 200 && head.contains(&format!("content-type: {kind}; charset=utf-8")), "{head}");
    }
    let (status, images) = server.get("/api/images?first=1&count=3");
    let images: Value = serde_json::from_slice(&images).unwrap();
    assert_eq!((status, &images["labels"]), (200, &json!([2, 1, 0])), "the second to fourth test image");
    let (status, head, body) = server.request("HEAD /api/runs", "", "");
    assert!(status == 200 && body.is_empty(), "{head}");
}

#[test]
fn runs_of_other_folders_are_shown_and_not_trained() {
    let folder = tempfile::tempdir().unwrap();
    let others = trained().parent().unwrap();
    let server = Server::start_with(folder.path(), |command| command.arg(others));
    let name = trained().file_name().unwrap().to_str().unwrap();
    let run = server.run(name);
    assert_eq!(
        (&run["state"], &run["own"], &run["num_layers"]),
        (&json!("finished"), &json!(false), &json!(2))
    );
    // A list of a thousand runs holds no curves; a run alone has its own.
    assert_eq!(run["history"], json!([]));
    assert_eq!(run["path"], trained().to_str().unwrap(), "a command finds it");
    let (status, alone) = server.get(&format!("/api/runs/{name}"));
    let alone: Value = serde_json::from_slice(&alone).unwrap();
    assert_eq!((status, &alone["own"], &alone["test_accuracy"]), (200, &json!(false), &run["test_accuracy"]));
    assert_eq!(alone["history"].as_array().unwrap().len(), 2);
    let (status, weights) = server.get(&format!("/api/runs/{name}/model.safetensors"));
    assert!(status == 200 && weights == fs::read(trained().join("model.safetensors")).unwrap());
    assert_eq!(server.post(&format!("/api/runs/{name}/resume"), "").0, 404);
}

#[test]
fn the_networks_inside_the_program_stand_beside_the_runs_which_may_have_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let stored = |name: &str| fs::read(root.join(format!("data/networks/{name}.safetensors"))).unwrap();
    let weights = |server: &Server, name: &str| server.get(&format!("/api/runs/{name}/model.safetensors"));
    let server = Server::start(folder.path());
    for name in ["digits-8", "digits-16", "digits-32", "digits-64", "digits-128"] {
        let run = server.run(name);
        assert_eq!(
            (&run["state"], &run["own"], &run["built_in"]),
            (&json!("finished"), &json!(false), &json!(true))
        );
        assert_eq!(run["path"], name);
        assert!(weights(&server, name) == (200, stored(name)));
        let (status, alone) = server.get(&format!("/api/runs/{name}"));
        assert_eq!((status, serde_json::from_slice::<Value>(&alone).unwrap()), (200, run));
    }
    assert_eq!(server.run("digits-128")["test_accuracy"], 0.9924);
    assert_eq!(server.get("/api/runs/digits-9").0, 404);
    assert_eq!(server.post("/api/runs/digits-8/resume", "").0, 404);
    drop(server);

    let run = folder.path().join("runs/digits-8");
    fs::create_dir_all(&run).unwrap();
    for file in fs::read_dir(trained()).unwrap().map(|entry| entry.unwrap().path()) {
        fs::copy(&file, run.join(file.file_name().unwrap())).unwrap();
    }
    let server = Server::start(folder.path());
    assert_eq!(server.run("digits-8")["built_in"], false, "a run of such a name takes its place");
    assert!(weights(&server, "digits-8").1 == fs::read(run.join("model.safetensors")).unwrap());
}

#[test]
#[cfg(target_os = "linux")]
fn a_browser_is_opened_at_the_address() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let opener = folder.path().join("xdg-open");
    fs::write(&opener, "#!/bin/sh\necho \"$@\" > opened.new && mv opened.new opened\n").unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let server = Server::start_with(folder.path(), |command| command.arg("--open").env("PATH", &path));
    let start = Instant::now();
    while !folder.path().join("opened").exists() {
        assert!(start.elapsed() < LIMIT, "no browser was opened");
        std::thread::sleep(Duration::from_millis(20));
    }
    let opened = fs::read_to_string(folder.path().join("opened")).unwrap();
    assert_eq!(opened.trim(), format!("http://127.0.0.1:{}/", server.port));
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let port = server.port.to_string();
    let mut second = rowlstm();
    second.current_dir(folder.path()).args(["playground", "--port", &port]);
    let expected = format!("error: --port {port}: another program listens there");
    second.assert().failure().code(1).stderr(predicate::str::starts_with(expected));
    for (arguments, expected) in [
        (["playground", "nowhere"], "there is no folder nowhere: the served page takes folders of runs"),
        (["playground", "--port=70000"], "invalid value '70000' for '--port <PORT>'"),
    ] {
        let mut wrong = rowlstm();
        wrong.current_dir(folder.path()).args(arguments);
        wrong.assert().failure().code(2).stderr(predicate::str::contains(expected));
    }
}

/// What a page of another site, a program that gropes in the dark, or a mistake may send; and that the server goes on.
#[test]
fn requests_that_are_not_the_pages_own_are_refused_in_json() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret"), "out of the runs folder").unwrap();
    fs::create_dir_all(folder.path().join("elsewhere/model.safetensors")).unwrap();
    let server = Server::start(folder.path());
    let port = server.port;
    let (mut checked, json) = (0, "Content-Type: application/json\r\n");
    let mut refused = |request: String, expected: u16, words: &str| {
        let (status, head, body) = server.send(request.as_bytes());
        let text = String::from_utf8_lossy(&body).into_owned();
        let answer: Value =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("JSON, not {head}\n{text}"));
        let shown = &request[..request.len().min(300)];
        assert_eq!(status, expected, "{shown}\n{text}");
        assert!(answer["error"].as_str().unwrap().contains(words), "{shown}\n{text}");
        checked += 1;
    };
    let with_host = |line: &str, host: &str| format!("{line} HTTP/1.1\r\nConnection: close\r\n{host}\r\n");
    let own = format!("Host: 127.0.0.1:{port}\r\n");

    // DNS rebinding: the attacker's name, another port, several names.
    for host in [
        "evil.example",
        &format!("evil.example:{port}"),
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1.evil.example",
    ] {
        refused(with_host("GET /api/runs", &format!("Host: {host}\r\n")), 403, "answers to 127.0.0.1");
    }
    refused(with_host("GET http://evil.example/", &own), 403, "answers to 127.0.0.1");
    refused(with_host("GET /", ""), 400, "one Host header");
    refused(with_host("GET /", &format!("{own}Host: evil.example\r\n")), 400, "one Host header");

    // Pages of other sites.
    let length = "Content-Length: 2\r\n";
    for origin in
        ["http://evil.example", "null", "http://127.0.0.1:1", &format!("https://127.0.0.1:{port}"), ""]
    {
        let headers = format!("{own}Origin: {origin}\r\n{json}{length}");
        refused(with_host("POST /api/train", &headers) + "{}", 403, "another origin");
    }
    let cross_site = format!("{own}Sec-Fetch-Site: cross-site\r\n");
    refused(with_host("GET /api/events", &cross_site), 403, "own page");
    refused(with_host("POST /api/runs/a/stop", &cross_site), 403, "own page");
    let form = format!("{own}Content-Type: text/plain\r\n{length}");
    refused(with_host("POST /api/train", &form) + "{}", 415, "application/json");

    // Names that are paths.
    for name in ["..", "%2e%2e", "..%2felsewhere", "%2Fetc", "..%5Celsewhere", "a%00b", "%C3%28", "none", "."]
    {
        let expected = if name.contains("%C3") { 400 } else { 404 };
        let (status, ..) = server.request(&format!("GET /api/runs/{name}/model.safetensors"), "", "");
        assert_eq!(status, expected, "{name}");
        let (status, ..) = server.request(&format!("POST /api/runs/{name}/resume"), "", "");
        assert_eq!(status, expected, "{name}");
    }
    for path in ["/secret", "/../secret", "/..%2fsecret", "/src/main.rs", "/api", "/api/runs/x/y/z"] {
        refused(with_host(&format!("GET {path}"), &own), 404, "nothing at this address");
    }

    // Settings.
    let mut train = |body: &str, expected: u16, words: &str| {
        let headers = format!("{own}{json}Content-Length: {}\r\n", body.len());
        refused(with_host("POST /api/train", &headers) + body, expected, words);
    };
    for body in ["", "{", "{\"num-units\": }", "\u{0}", "{\"seed\": 1e999}", &"[".repeat(60_000)] {
        train(body, 400, "not JSON");
    }
    train("[]", 400, "must be a JSON object");
    for key in ["data-dir", "runs-dir", "out", "threads"] {
        train(&format!("{{\"{key}\": \"/tmp\"}}"), 400, &format!("{key}: must not be in a request"));
    }
    train("{\"num-units\": 1025}", 400, "num-units = 1025: must be 1 to 1024 in the page");
    train("{\"num-units\": -1}", 400, "num-units: must be a whole number, not -1");
    train("{\"learning-rate\": 0}", 400, "learning-rate = 0: must be above 0 and at most 10");
    train("{\"units\": 8}", 400, "units: there is no such setting");
    train("{\"num-units\": 1024, \"batch-size\": 50000}", 400, "must be at most 2 GB in the page");
    train(&format!("{{\"seed\": {}}}", "1".repeat(70_000)), 413, "at most 65536 bytes");
    let chunk = format!("{:x}\r\n{}\r\n", 70_000, " ".repeat(70_000));
    let chunked = format!("{own}{json}Transfer-Encoding: chunked\r\n");
    refused(with_host("POST /api/train", &chunked) + &chunk + "0\r\n\r\n", 413, "at most 65536 bytes");
    // It lies about its length.
    let claimed = format!("{own}{json}Content-Length: 99999999999\r\n");
    refused(with_host("POST /api/train", &claimed) + "{}", 413, "at most 65536 bytes");

    // Methods, actions and queries.
    for line in ["DELETE /api/runs", "GET /api/train", "POST /", "GET /api/runs/none/stop"] {
        refused(with_host(line, &own), 405, "does not take this method");
    }
    refused(with_host("POST /api/runs/none/explode", &own), 404, "pause, step, resume and stop");
    for query in [
        "first=10000",
        "count=0",
        "count=1001",
        "first=-1",
        "count=x",
        "last=3",
        "first=18446744073709551616",
    ] {
        refused(with_host(&format!("GET /api/images?{query}"), &own), 400, "");
    }
    assert!(checked > 50, "{checked} requests were refused");

    // What is not HTTP ends its connection only.
    for nonsense in
        [&b"\x16\x03\x01\x02\x00\x01"[..], b"GET / HTTP/9.9\r\n\r\n", b"\r\n\r\n\r\n", &[b'A'; 100_000]]
    {
        let mut stream = server.connect();
        let _ = stream.write_all(nonsense);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let origin = format!("Origin: http://localhost:{port}\r\nHost: localhost:{port}\r\n");
    let allowed = with_host("POST /api/runs/none/stop", &origin);
    assert_eq!(server.send(allowed.as_bytes()).0, 404, "the page's own requests pass");
    assert_eq!(server.get("/api/runs").0, 200);
    assert!(!folder.path().join("runs").exists(), "nothing was trained");
}

#[test]
#[cfg(unix)]
fn a_run_of_the_page_is_that_of_train_after_every_interruption() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    // A stream that is not read until the end must neither hold up training nor miss how it ends.
    let stream_of = |server: &Server| {
        let mut stream = server.connect();
        let port = server.port;
        write!(stream, "GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").unwrap();
        stream
    };
    let (status, answer) = server.train(&slow_settings());
    assert_eq!((status, &answer["state"]), (200, &json!("training")), "{answer}");
    let name = answer["run"].as_str().unwrap().to_string();
    let path = |rest: &str| format!("/api/runs/{name}/{rest}");

    // The weights change as it learns.
    let (status, early) = server.get(&path("model.safetensors"));
    assert!(status == 200 && early.len() > 4 * 79_000, "{status}, {} bytes", early.len());
    assert_ne!(server.get(&path("model.safetensors")).1, early);

    assert_eq!(server.post(&path("step"), "").0, 409, "a step needs a pause");
    let (status, paused) = server.post(&path("pause"), "");
    assert_eq!((status, &paused["state"]), (200, &json!("paused")));
    let steps = server.run(&name)["steps"].as_u64().unwrap();
    assert!(steps > 0 && steps < 600, "{steps}");
    let held = server.get(&path("model.safetensors")).1;
    std::thread::sleep(Duration::from_millis(200));
    assert!(server.get(&path("model.safetensors")).1 == held, "a paused network does not learn");

    // One step, twice.
    for more in 1..=2 {
        assert_eq!(server.post(&path("step"), "").1["state"], "paused");
        assert_eq!(server.run(&name)["steps"].as_u64().unwrap(), steps + more);
    }
    assert_ne!(server.get(&path("model.safetensors")).1, held);
    // The folder is free: the same command as always may go on with it.
    assert!(folder.path().join("runs").join(&name).join("checkpoint.safetensors").exists());

    assert_eq!(server.end("-INT"), Some(0), "Ctrl-C while nothing trains");
    server = Server::start(folder.path());
    let run = server.run(&name);
    assert_eq!((&run["state"], run["steps"].as_u64()), (&json!("stopped"), Some(steps + 2)), "{run}");

    assert_eq!(server.post(&path("resume"), "").1["state"], "training");
    assert_eq!(server.train(&slow_settings()).1, json!({ "run": name, "state": "training" }), "as it is");
    assert_eq!(server.post(&path("stop"), "").1["state"], "stopped");
    assert_eq!(server.post(&path("resume"), "").1["state"], "training");
    server.wait(&name, "the first epoch", |run| run["epochs"].as_u64().unwrap() > 0);
    server.end("-KILL");

    server = Server::start(folder.path());
    let run = server.run(&name);
    assert_eq!((&run["state"], run["steps"].as_u64().unwrap() >= 120), (&json!("stopped"), true), "{run}");
    let mut unread = stream_of(&server);
    assert_eq!(server.post(&path("resume"), "").1["state"], "training");
    assert_eq!(server.end("-INT"), Some(130), "Ctrl-C while training");
    let _ = unread.read_to_end(&mut Vec::new());

    server = Server::start(folder.path());
    let mut unread = stream_of(&server);
    assert_eq!(server.post(&path("resume"), "").1["state"], "training");
    let run = server.wait(&name, "the end", |run| run["state"] == "finished");
    assert_eq!(server.post(&path("resume"), "").0, 409, "a finished run is not trained further");
    assert_eq!(server.train(&slow_settings()).1["state"], "finished");
    let model = server.get(&path("model.safetensors")).1;
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(server.end("-INT"), Some(0), "Ctrl-C while nothing trains");
    let mut events = String::new();
    let _ = unread.read_to_string(&mut events);
    for kind in ["state", "step", "epoch", "finished"] {
        assert!(
            events.contains(&format!("event: {kind}\ndata: {{\"event\":\"{kind}\",\"run\":\"{name}\"")),
            "{events}"
        );
    }

    let mut train = rowlstm();
    train.current_dir(folder.path()).args(["train", "--quiet", "--runs-dir", "again"]);
    for (key, value) in slow_settings().as_object().unwrap() {
        train.arg(format!("--{key}")).arg(value.to_string());
    }
    train.assert().success();
    let again = only_run(&folder.path().join("again"));
    assert_eq!(again.file_name().unwrap().to_str(), Some(&*name), "the run has the name that `train` gives");
    let (ours, theirs) = (folder_files(&folder.path().join("runs").join(&name)), folder_files(&again));
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for file in ["model.safetensors", "predictions.bin", "validation-predictions.bin", "run.json"] {
        assert!(ours[file] == theirs[file], "{file} is bit-identical");
    }
    assert!(model == ours["model.safetensors"]);
    let result: Value = serde_json::from_slice(&ours["result.json"]).unwrap();
    assert_eq!(run["test_accuracy"], result["test_accuracy"]);
}

#[test]
#[cfg(unix)]
fn more_runs_than_cores_are_refused_and_ctrl_c_leaves_checkpoints_of_all() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let list: Value = serde_json::from_slice(&server.get("/api/runs").1).unwrap();
    let cores = list["cores"].as_u64().unwrap();
    let settings = |seed: u64| json!({ "num-units": 16, "epochs": 1000, "seed": seed });
    let begun: Vec<String> = (1..=cores)
        .map(|seed| {
            let (status, answer) = server.train(&settings(seed));
            assert_eq!(status, 200, "{answer}");
            answer["run"].as_str().unwrap().to_string()
        })
        .collect();
    let (status, answer) = server.train(&settings(cores + 1));
    assert_eq!(status, 429, "{answer}");
    let error = answer["error"].as_str().unwrap();
    assert!(error.ends_with(" in training, as many as there are cores: pause or stop one first"), "{error}");
    assert_eq!(server.post(&format!("/api/runs/{}/pause", begun[0]), "").0, 200);
    let (status, answer) = server.train(&settings(cores + 1));
    assert_eq!(status, 200, "{answer}");
    assert_eq!(server.post(&format!("/api/runs/{}/resume", begun[0]), "").0, 429);
    assert_eq!(server.end("-INT"), Some(130));
    for run in fs::read_dir(folder.path().join("runs")).unwrap().map(|entry| entry.unwrap().path()) {
        assert!(run.join("checkpoint.safetensors").exists(), "{}", run.display());
        // It is an ordinary unfinished run, and no process holds it.
        let mut resume = rowlstm();
        resume.current_dir(folder.path()).args(["train", "--quiet", "--resume"]).arg(&run);
        resume
            .timeout(Duration::from_millis(1500))
            .assert()
            .failure()
            .stderr(predicate::str::contains("error").not());
    }
}

#[test]
fn connections_are_limited_in_number_and_in_patience() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let port = server.port;
    let begin = Instant::now();
    let mut half: Vec<TcpStream> = (0..64).map(|_| server.connect()).collect();
    let own = format!("Host: 127.0.0.1:{port}\r\n");
    // A head that never ends, and a body that never comes.
    write!(half[0], "GET / HTTP/1.1\r\n{own}").unwrap();
    write!(
        half[1],
        "POST /api/train HTTP/1.1\r\n{own}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{{"
    )
    .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let mut one_more = server.connect();
    let mut answer = String::new();
    let _ = one_more.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let mut answers = half.drain(..2).map(|mut stream| {
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    });
    // hyper closes the first without an answer.
    assert!(!answers.next().unwrap().contains("200 OK"));
    let late = answers.next().unwrap();
    assert!(late.starts_with("HTTP/1.1 408 ") && late.contains("did not arrive in time"), "{late}");
    drop(answers);
    let waited = begin.elapsed().as_secs();
    assert!((9..40).contains(&waited), "{waited} s");
    assert_eq!(server.get("/api/runs").0, 200, "there are places again");
}

#[test]
fn a_client_that_takes_nothing_of_its_answers_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let port = server.port;
    let mut stream = server.connect();
    // 66 MB, many times what the buffers of a connection hold.
    let (line, asked) = ("GET /api/runs/digits-128/model.safetensors HTTP/1.1", 200);
    let requests = format!("{line}\r\nHost: 127.0.0.1:{port}\r\n\r\n").repeat(asked);
    stream.write_all(requests.as_bytes()).unwrap();
    let begin = Instant::now();
    // The server's limit is 20 s.
    std::thread::sleep(Duration::from_secs(23));
    let mut taken = Vec::new();
    let _ = stream.read_to_end(&mut taken);
    let answers = taken.windows(15).filter(|bytes| bytes == b"HTTP/1.1 200 OK").count();
    assert!((1..asked).contains(&answers), "{answers} answers after {:?}", begin.elapsed());
    assert_eq!(server.get("/api/runs").0, 200);
}
