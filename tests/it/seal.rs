//! Signatures, time-stamps, archives, bags, excerpts and chains, checked by the programs that auditors have and by us.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tickmark::base::SourceTree;
use tickmark::pack::archive::{self, LIMITS};
use tickmark::pack::signature::check_manifest;

use crate::support::{pack_files, quarter, sample, sample_pack};

fn tickmark(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tickmark")).args(arguments).env("NO_COLOR", "1").stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn shown(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn write(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (path, bytes) in files {
        let to = folder.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
}

/// Whether a program of the system is here; the test says so when it is not.
fn has(program: &str) -> bool {
    let found = std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()));
    if !found {
        eprintln!("skipped: `{program}` is not installed here, so nobody but us can check");
    }
    found
}

fn run(program: &str, arguments: &[&str], folder: &Path, input: &[u8]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that ends before it read everything is told by its exit code.
    _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// Runs a command on a terminal of its own, and types a line when it asks.
fn typed(command: &str, folder: &Path, line: &[u8]) -> Output {
    use std::io::Read;
    let mut child = Command::new("script")
        .args(["-qec", command, "/dev/null"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut told = Vec::new();
    let mut byte = [0];
    while !told.ends_with(b"locked: ") && output.read(&mut byte).unwrap() == 1 {
        told.extend(byte);
    }
    // The echo goes off right after the question, and nothing outside tells when.
    std::thread::sleep(std::time::Duration::from_secs(2));
    input.write_all(line).unwrap();
    output.read_to_end(&mut told).unwrap();
    drop(input);
    Output { stdout: told, ..child.wait_with_output().unwrap() }
}

fn good(output: Output) -> String {
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

fn keygen(folder: &Path, name: &str, options: &[&str]) -> PathBuf {
    let mut arguments = vec!["-q", "-C", name, "-f", name];
    arguments.extend(options);
    good(run("ssh-keygen", &arguments, folder, b""));
    folder.join(name)
}

/// The breaches that verifying gives, as `code what`.
fn breaches(arguments: &[&str]) -> Vec<String> {
    let mut all = vec!["verify", "--format", "json"];
    all.extend(arguments);
    let output = tickmark(&all);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    let list = value["breaches"].as_array().unwrap().clone();
    assert_eq!(output.status.code(), Some(if list.is_empty() { 0 } else { 3 }));
    list.iter().map(|breach| format!("{} {}", breach["code"].as_str().unwrap(), breach["what"].as_str().unwrap())).collect()
}

#[test]
fn keys_of_every_kind_sign_and_ssh_keygen_and_openssl_agree() {
    if !has("ssh-keygen") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let pack = folder.join("pack");
    write(&pack, sample_pack());
    let kinds: [(&str, &[&str]); 5] = [
        ("ed25519", &["-t", "ed25519", "-N", ""]),
        ("rsa", &["-t", "rsa", "-b", "2048", "-N", ""]),
        ("p256", &["-t", "ecdsa", "-b", "256", "-N", ""]),
        ("p384", &["-t", "ecdsa", "-b", "384", "-N", ""]),
        ("p521", &["-t", "ecdsa", "-b", "521", "-N", ""]),
    ];
    let mut list = String::new();
    for (name, options) in kinds {
        let key = keygen(folder, name, options);
        let before = fs::read(&key).unwrap();
        let identity = format!("{name}@example");
        let told = good(tickmark(&["sign", shown(&pack), "--key", shown(&key), "--identity", &identity]));
        assert_eq!(fs::read(&key).unwrap(), before, "the key is only read");
        let line = told.lines().last().unwrap();
        assert!(line.starts_with(&format!("{identity} namespaces=\"tickmark-pack\" ")), "{told}");
        list.push_str(&format!("{line}\n"));
    }
    fs::write(folder.join("signers"), &list).unwrap();
    let manifest = fs::read(pack.join("SHA256SUMS")).unwrap();
    for (index, (name, _)) in kinds.iter().enumerate() {
        let signature = format!("pack/seal/signature-{}.sig", index + 1);
        let identity = format!("{name}@example");
        let arguments = ["-Y", "verify", "-f", "signers", "-I", &identity, "-n", "tickmark-pack", "-s", &signature];
        let told = good(run("ssh-keygen", &arguments, folder, &manifest));
        assert!(told.contains("Good \"tickmark-pack\" signature"), "{told}");
        assert!(!run("ssh-keygen", &arguments, folder, b"other").status.success(), "and only over this manifest");
        openssl_checks_the_envelope(folder, name, index + 1);
        // The other way round: what ssh-keygen signs, we take.
        let theirs = run("ssh-keygen", &["-Y", "sign", "-f", name, "-n", "tickmark-pack"], folder, &manifest);
        assert!(check_manifest(&theirs.stdout, &manifest).is_ok(), "{name}");
        assert!(check_manifest(&theirs.stdout, b"other").is_err());
        let elsewhere = run("ssh-keygen", &["-Y", "sign", "-f", name, "-n", "git"], folder, &manifest);
        assert!(check_manifest(&elsewhere.stdout, &manifest).unwrap_err().contains("`git`"));
    }
    for entry in walkdir::WalkDir::new(&pack).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file()) {
        assert!(!text(&fs::read(entry.path()).unwrap()).contains("OPENSSH PRIVATE KEY"), "{}", entry.path().display());
    }
    let again = tickmark(&["sign", shown(&pack), "--key", shown(&folder.join("rsa"))]);
    assert_eq!(again.status.code(), Some(4), "one key signs once: {}", text(&again.stderr));
    trusted_and_unknown_signers(folder, &pack, &list);
}

fn trusted_and_unknown_signers(folder: &Path, pack: &Path, list: &str) {
    let signers = folder.join("signers");
    let told = good(tickmark(&["verify", shown(pack), "--signers", shown(&signers)]));
    for name in ["ed25519@example in ", "rsa@example in ", "p521@example in "] {
        assert!(told.contains(name), "{told}");
    }
    fs::write(&signers, list.lines().next().unwrap()).unwrap();
    assert_eq!(breaches(&[shown(pack), "--signers", shown(&signers)]), Vec::<String>::new(), "one of the signers is enough");
    keygen(folder, "stranger", &["-t", "ed25519", "-N", ""]);
    fs::write(&signers, format!("stranger@example {}", fs::read_to_string(folder.join("stranger.pub")).unwrap())).unwrap();
    assert_eq!(breaches(&[shown(pack), "--signers", shown(&signers)]), ["signer-unknown seal"]);
    let bare = folder.join("bare");
    write(&bare, sample_pack());
    assert_eq!(breaches(&[shown(&bare), "--signers", shown(&signers)]), ["signature-missing seal"]);
}

/// DSSE as anybody checks it: the payload and the signature out of the envelope, the public key in PEM.
fn openssl_checks_the_envelope(folder: &Path, name: &str, number: usize) {
    if !has("openssl") {
        return;
    }
    let envelope: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join(format!("pack/seal/statement-{number}.dsse.json"))).unwrap()).unwrap();
    let decode = |value: &serde_json::Value| {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.decode(value.as_str().unwrap()).unwrap()
    };
    let payload = decode(&envelope["payload"]);
    let statement: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["subject"][0]["name"], "SHA256SUMS");
    let mut message = format!("DSSEv1 28 application/vnd.in-toto+json {} ", payload.len()).into_bytes();
    message.extend(payload);
    fs::write(folder.join("message"), message).unwrap();
    fs::write(folder.join("signature"), decode(&envelope["signatures"][0]["sig"])).unwrap();
    let digest = match name {
        "ed25519" => {
            // OpenSSH does not write Ed25519 keys in PEM; the frame before the 32 bytes is fixed.
            let line = fs::read_to_string(folder.join("ed25519.pub")).unwrap();
            let blob = decode(&line.split(' ').nth(1).unwrap().into());
            let mut der = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".to_vec();
            der.extend(&blob[blob.len() - 32..]);
            fs::write(folder.join("public.der"), der).unwrap();
            let arguments = [
                "pkeyutl",
                "-verify",
                "-pubin",
                "-keyform",
                "DER",
                "-inkey",
                "public.der",
                "-rawin",
                "-in",
                "message",
                "-sigfile",
                "signature",
            ];
            good(run("openssl", &arguments, folder, b""));
            return;
        }
        "p256" => "-sha256",
        "p384" => "-sha384",
        _ => "-sha512",
    };
    let pem = good(run("ssh-keygen", &["-e", "-m", "PKCS8", "-f", &format!("{name}.pub")], folder, b""));
    fs::write(folder.join("public.pem"), pem).unwrap();
    good(run("openssl", &["dgst", digest, "-verify", "public.pem", "-signature", "signature", "message"], folder, b""));
}

#[test]
fn an_encrypted_key_asks_the_terminal_and_nobody_else() {
    if !has("ssh-keygen") || !has("setsid") || !has("script") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let pack = folder.join("pack");
    write(&pack, sample_pack());
    keygen(folder, "locked", &["-t", "ed25519", "-N", "open sesame"]);
    let binary = env!("CARGO_BIN_EXE_tickmark");
    // Without a terminal there is nobody to ask; the passphrase on standard input is not read.
    let output = run("setsid", &["--wait", binary, "sign", "pack", "--key", "locked"], folder, b"open sesame\n");
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("no terminal"), "{}", text(&output.stderr));
    assert!(!pack.join("seal").exists(), "nothing was written");
    let command = format!("{binary} sign pack --key locked");
    let wrong = typed(&command, folder, b"open barley\n");
    assert!(text(&wrong.stdout).contains("the passphrase does not open the key"), "{}", text(&wrong.stdout));
    assert!(!pack.join("seal").exists());
    let right = good(typed(&command, folder, b"open sesame\n"));
    assert!(right.contains("Passphrase of locked") && right.contains("Signed by SHA256:"), "{right}");
    assert!(!right.contains("open sesame"), "the passphrase is not shown: {right}");
    assert_eq!(breaches(&[shown(&pack)]), Vec::<String>::new());
}

#[test]
fn keys_that_cannot_sign_are_refused_by_reason() {
    let place = tempfile::tempdir().unwrap();
    let pack = place.path().join("pack");
    write(&pack, sample_pack());
    let key = place.path().join("key");
    fs::write(&key, "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n").unwrap();
    let output = tickmark(&["sign", shown(&pack), "--key", shown(&key)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("ssh-keygen -p"), "{}", text(&output.stderr));
    if has("ssh-keygen") {
        let short = keygen(place.path(), "short", &["-t", "rsa", "-b", "1024", "-N", ""]);
        let output = tickmark(&["sign", shown(&pack), "--key", shown(&short)]);
        assert!(output.status.code() == Some(2) && text(&output.stderr).contains("at least 2048 bits"), "{}", text(&output.stderr));
    }
    fs::write(pack.join("index.html"), "forged").unwrap();
    assert_eq!(tickmark(&["sign", shown(&pack), "--key", shown(&key)]).status.code(), Some(3), "what does not hold is not signed");
}

/// A certificate authority and a time-stamping authority of this test alone.
fn authority(folder: &Path, kind: &[&str]) {
    let openssl = |arguments: &[&str]| good(run("openssl", arguments, folder, b""));
    let mut root = vec!["req", "-x509", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "3650"];
    root.extend(["-addext", "basicConstraints=critical,CA:TRUE", "-newkey"]);
    root.extend(kind);
    openssl(&root);
    let mut leaf = vec!["req", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test TSA", "-newkey"];
    leaf.extend(kind);
    openssl(&leaf);
    fs::write(folder.join("extensions"), "extendedKeyUsage=critical,timeStamping\nbasicConstraints=CA:FALSE\n").unwrap();
    let sign = ["x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3650"];
    openssl(&[&sign[..], &["-out", "tsa.pem", "-extfile", "extensions"]].concat());
    openssl(&[&sign[..], &["-out", "plain.pem"]].concat());
    fs::write(folder.join("serial"), "01\n").unwrap();
    let configuration = "[tsa]\ndefault_tsa = t\n[t]\nserial = ./serial\nsigner_cert = tsa.pem\nsigner_key = tsa.key\ncerts = ca.pem\n\
                         signer_digest = sha256\ndefault_policy = 1.2.3.4.1\ndigests = sha256\ness_cert_id_alg = sha256\n";
    fs::write(folder.join("tsa.cnf"), configuration).unwrap();
}

#[test]
fn a_time_stamp_is_requested_offline_attached_later_and_checked_by_openssl_and_by_us() {
    if !has("openssl") {
        return;
    }
    for kind in [&["rsa:2048"][..], &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]] {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        let pack = folder.join("pack");
        write(&pack, sample_pack());
        authority(folder, kind);
        good(tickmark(&["timestamp", "request", shown(&pack)]));
        let first = fs::read(pack.join("seal/timestamp.tsq")).unwrap();
        good(tickmark(&["timestamp", "request", shown(&pack)]));
        assert_eq!(fs::read(pack.join("seal/timestamp.tsq")).unwrap(), first, "the same pack, the same request");
        let told = good(run("openssl", &["ts", "-query", "-in", "pack/seal/timestamp.tsq", "-text"], folder, b""));
        assert!(told.contains("sha256") && told.contains("Certificate required: yes"), "{told}");
        let reply = |query: &str, out: &str| {
            good(run("openssl", &["ts", "-reply", "-config", "tsa.cnf", "-queryfile", query, "-out", out], folder, b""));
        };
        reply("pack/seal/timestamp.tsq", "reply.tsr");
        good(run("openssl", &["ts", "-query", "-data", "tsa.cnf", "-sha256", "-cert", "-out", "other.tsq"], folder, b""));
        let strict = fs::read_to_string(folder.join("tsa.cnf")).unwrap().replace("digests = sha256", "digests = sha512");
        fs::write(folder.join("strict.cnf"), strict).unwrap();
        let refused = ["ts", "-reply", "-config", "strict.cnf", "-queryfile", "pack/seal/timestamp.tsq", "-out", "refused.tsr"];
        good(run("openssl", &refused, folder, b""));
        let attached = tickmark(&["timestamp", "attach", shown(&pack), shown(&folder.join("refused.tsr"))]);
        let told = String::from_utf8_lossy(&attached.stderr).into_owned();
        assert!(told.contains("the authority did not grant a stamp; it refused: it does not know the digest"), "{told}");
        assert!(told.contains("Message digest algorithm is not supported"), "in the authority's own words: {told}");
        reply("other.tsq", "other.tsr");
        let other = tickmark(&["timestamp", "attach", shown(&pack), shown(&folder.join("other.tsr"))]);
        assert_eq!(other.status.code(), Some(2), "a stamp over another file is not attached");
        assert!(text(&other.stderr).contains("another file"), "{}", text(&other.stderr));
        let ca = folder.join("ca.pem");
        assert_eq!(breaches(&[shown(&pack), "--tsa-ca", shown(&ca)]), ["timestamp-missing seal/timestamp.tsr"]);
        good(tickmark(&["timestamp", "attach", shown(&pack), shown(&folder.join("reply.tsr"))]));
        for query in [["-queryfile", "pack/seal/timestamp.tsq"], ["-data", "pack/SHA256SUMS"]] {
            let arguments = [&["ts", "-verify", "-in", "pack/seal/timestamp.tsr", "-CAfile", "ca.pem"][..], &query].concat();
            good(run("openssl", &arguments, folder, b""));
        }
        let told = good(tickmark(&["verify", shown(&pack), "--tsa-ca", shown(&ca)]));
        assert!(told.contains("by CN=Test TSA (an authority of "), "{told}");
        assert!(good(tickmark(&["verify", shown(&pack)])).contains("not checked who that is"));
        foreign_and_forged_stamps(folder, &pack, kind);
    }
}

/// A DER element of a tag around some bytes.
fn der(tag: u8, inner: &[u8]) -> Vec<u8> {
    let length = u16::try_from(inner.len()).unwrap().to_be_bytes();
    [&[tag, 0x82][..], &length, inner].concat()
}

#[test]
fn a_stamp_and_certificates_signed_with_pss_are_checked() {
    if !has("openssl") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let pack = folder.join("pack");
    write(&pack, sample_pack());
    let plain = folder.join("plain");
    fs::create_dir(&plain).unwrap();
    authority(&plain, &["rsa:2048"]);
    fs::copy(plain.join("extensions"), folder.join("extensions")).unwrap();
    let openssl = |arguments: &[&str]| good(run("openssl", arguments, folder, b""));
    good(tickmark(&["timestamp", "request", shown(&pack)]));
    // The authority's own key for PSS alone, under a root that signs with PSS as well; with each digest, and salts of two lengths.
    for (digest, salt) in [("sha256", "32"), ("sha384", "48"), ("sha512", "20")] {
        let padding = format!("rsa_pss_saltlen:{salt}");
        let pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", &padding];
        let flag = format!("-{digest}");
        let root = [
            "req",
            "-x509",
            "-nodes",
            "-newkey",
            "rsa:2048",
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
            "-subj",
            "/CN=Test CA",
            "-days",
            "3650",
        ];
        openssl(&[&root[..], &["-addext", "basicConstraints=critical,CA:TRUE", &flag], &pss].concat());
        openssl(&["genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "tsa.key"]);
        openssl(&["req", "-new", "-key", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test TSA"]);
        let sign =
            ["x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3650", "-out", "tsa.pem"];
        openssl(&[&sign[..], &["-extfile", "extensions", &flag], &pss].concat());
        let cms = [
            "cms",
            "-sign",
            "-cades",
            "-binary",
            "-nodetach",
            "-outform",
            "DER",
            "-in",
            "stamp.der",
            "-signer",
            "tsa.pem",
            "-inkey",
            "tsa.key",
        ];
        // The stamp itself, taken out of a reply of another authority: made after these certificates.
        let query = ["-queryfile", "../pack/seal/timestamp.tsq"];
        let reply = [&["ts", "-reply", "-config", "tsa.cnf"][..], &query, &["-token_out", "-out", "plain.p7"]].concat();
        good(run("openssl", &reply, &plain, b""));
        openssl(&["cms", "-verify", "-noverify", "-inform", "DER", "-in", "plain/plain.p7", "-out", "stamp.der"]);
        let content = ["-econtent_type", "1.2.840.113549.1.9.16.1.4", "-md", digest, "-certfile", "ca.pem", "-out", "token.p7"];
        openssl(&[&cms[..], &content, &["-keyopt", "rsa_padding_mode:pss", "-keyopt", &padding]].concat());
        let token = fs::read(folder.join("token.p7")).unwrap();
        let granted = [0x30, 0x03, 0x02, 0x01, 0x00];
        fs::write(folder.join("reply.tsr"), der(0x30, &[&granted[..], &token].concat())).unwrap();
        let _ = fs::remove_file(pack.join("seal/timestamp.tsr"));
        good(tickmark(&["timestamp", "attach", shown(&pack), shown(&folder.join("reply.tsr"))]));
        openssl(&["ts", "-verify", "-in", "pack/seal/timestamp.tsr", "-CAfile", "ca.pem", "-queryfile", "pack/seal/timestamp.tsq"]);
        let ca = folder.join("ca.pem");
        let told = good(tickmark(&["verify", shown(&pack), "--tsa-ca", shown(&ca)]));
        assert!(told.contains("by CN=Test TSA (an authority of "), "{digest}: {told}");
        // The last byte belongs to the signature.
        let mut forged = fs::read(pack.join("seal/timestamp.tsr")).unwrap();
        *forged.last_mut().unwrap() ^= 1;
        fs::write(pack.join("seal/timestamp.tsr"), forged).unwrap();
        assert_eq!(breaches(&[shown(&pack), "--tsa-ca", shown(&ca)]), ["timestamp-broken seal/timestamp.tsr"], "{digest}");
    }
}

fn foreign_and_forged_stamps(folder: &Path, pack: &Path, kind: &[&str]) {
    let stranger = folder.join("stranger");
    fs::create_dir(&stranger).unwrap();
    authority(&stranger, kind);
    let (stranger, plain) = (stranger.join("ca.pem"), folder.join("plain.pem"));
    let broken = ["timestamp-broken seal/timestamp.tsr"];
    assert_eq!(breaches(&[shown(pack), "--tsa-ca", shown(&stranger)]), broken, "an authority of the same name with another key");
    assert_eq!(breaches(&[shown(pack), "--tsa-ca", shown(&plain)]), broken);
    let reply = fs::read(pack.join("seal/timestamp.tsr")).unwrap();
    let ca = folder.join("ca.pem");
    // A reply also carries what needs no proof: the status, the authority's own certificate. There a change may stay without effect, never
    // with another.
    let stamp = |arguments: &[&str]| {
        let value: serde_json::Value = serde_json::from_slice(&tickmark(arguments).stdout).unwrap();
        value["timestamp"].clone()
    };
    let arguments = ["verify", shown(pack), "--tsa-ca", shown(&ca), "--format", "json"];
    let (whole, mut caught, mut tried) = (stamp(&arguments), 0, 0);
    for at in (0..reply.len()).step_by(127) {
        let mut changed = reply.clone();
        changed[at] ^= 0x41;
        fs::write(pack.join("seal/timestamp.tsr"), &changed).unwrap();
        let now = stamp(&arguments);
        assert!(now.is_null() || now == whole, "byte {at}: {now}");
        tried += 1;
        caught += usize::from(now.is_null());
    }
    assert!(caught * 3 > tried, "{caught} of {tried}");
    fs::write(pack.join("seal/timestamp.tsr"), &reply).unwrap();
    fs::write(pack.join("seal/timestamp.tsq"), b"nonsense").unwrap();
    assert_eq!(breaches(&[shown(pack), "--tsa-ca", shown(&ca)]), ["timestamp-request seal/timestamp.tsq"]);
}

#[test]
fn a_zip_is_the_same_bytes_from_every_folder_and_verifies_like_the_folder() {
    let place = tempfile::tempdir().unwrap();
    let (one, two) = (place.path().join("one"), place.path().join("sub folder/zwei é"));
    write(&one, sample_pack());
    let backwards: Vec<_> = sample_pack().iter().rev().collect();
    for (path, bytes) in backwards {
        write(&two, &BTreeMap::from([(path.clone(), bytes.clone())]));
    }
    let (first, second) = (place.path().join("one.zip"), place.path().join("two.zip"));
    good(tickmark(&["zip", shown(&one), shown(&first)]));
    good(tickmark(&["zip", shown(&two), shown(&second)]));
    assert!(fs::read(&first).unwrap() == fs::read(&second).unwrap());
    assert_eq!(tickmark(&["zip", shown(&one), shown(&first)]).status.code(), Some(4), "nothing is overwritten");
    assert_eq!(breaches(&[shown(&first)]), Vec::<String>::new());
    let root = &quarter("2026-Q3").assessment.root;
    assert!(good(tickmark(&["verify", shown(&first)])).contains(root.as_str()));
    if has("python3") {
        good(run("python3", &["-m", "zipfile", "-e", "one.zip", "out"], place.path(), b""));
        assert_eq!(breaches(&[shown(&place.path().join("out"))]), Vec::<String>::new(), "another program unpacks it");
        good(run("python3", &["-m", "zipfile", "-c", "theirs.zip", "one"], place.path(), b""));
        assert_eq!(
            breaches(&[shown(&place.path().join("theirs.zip"))]),
            Vec::<String>::new(),
            "and what it packs, folder included, we read"
        );
    }
    let mut forged = sample_pack().clone();
    forged.insert("report.pdf".into(), b"%PDF-other".to_vec());
    let mut tree = SourceTree::default();
    forged.into_iter().for_each(|(path, bytes)| tree.insert(path, bytes));
    fs::write(&second, archive::write(&tree)).unwrap();
    assert_eq!(breaches(&[shown(&second)]), ["file-changed report.pdf"]);
}

/// An archive with exactly these entries, whatever they are called: name, content, Unix mode.
fn raw_zip(entries: &[(&str, &[u8], u32)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content, mode) in entries {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let mut shared = Vec::new();
        shared.extend([20, 0, 0, 8, 0, 0, 0, 0, 33, 0]);
        shared.extend(crc.sum().to_le_bytes());
        shared.extend((content.len() as u32).to_le_bytes());
        shared.extend((content.len() as u32).to_le_bytes());
        shared.extend((name.len() as u16).to_le_bytes());
        let offset = bytes.len() as u32;
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&shared);
        bytes.extend([0, 0]);
        bytes.extend(name.as_bytes());
        bytes.extend(*content);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&shared);
        directory.extend([0; 8]);
        directory.extend((mode << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = bytes.len() as u32;
    let (count, length) = (entries.len() as u16, directory.len() as u32);
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

#[test]
fn hostile_archives_are_refused_whole_and_by_name() {
    const FILE: u32 = 0o100_644;
    let plain = raw_zip(&[("SHA256SUMS", b"", FILE), ("a.txt", b"x", FILE)]);
    assert_eq!(archive::read(&plain, LIMITS).unwrap().get("a.txt"), Some(&b"x"[..]), "the maker of these archives makes good ones too");
    let refused = |entries: &[(&str, &[u8], u32)], what: &str, why: &str| {
        let problems = archive::read(&raw_zip(entries), LIMITS).expect_err(what);
        assert!(problems.iter().any(|(name, reason)| name == what && reason.contains(why)), "{what}: {problems:?}");
    };
    for name in ["../x", "/etc/passwd", "a/../../b", "c:/x", "a\\..\\b", "a//b", "./a", "a\u{7}b", "\0"] {
        refused(&[("SHA256SUMS", b"", FILE), (name, b"x", FILE)], name, "plain path");
    }
    refused(&[("a.txt", b"x", FILE), ("a.txt", b"y", FILE)], "a.txt", "twice");
    refused(&[("a.txt", b"x", FILE), ("A.TXT", b"y", FILE)], "a.txt", "ignores case");
    refused(&[("report.pdf", b"/etc/passwd", 0o120_777)], "report.pdf", "link");
    refused(&[("pipe", b"", 0o010_644)], "pipe", "device");
    assert!(archive::read(b"not an archive", LIMITS).is_err());
    for cut in (0..plain.len()).step_by(5) {
        // Whatever a cut archive still gives, it is never more than what was in the whole one.
        if let Ok(files) = archive::read(&plain[..cut], LIMITS) {
            assert!(files.iter().all(|(path, _)| ["SHA256SUMS", "a.txt"].contains(&path)), "cut at {cut}");
        }
    }
}

#[test]
fn a_bomb_is_refused_by_the_command_with_exit_code_three() {
    let place = tempfile::tempdir().unwrap();
    let mut tree = SourceTree::default();
    tree.insert("SHA256SUMS", "");
    tree.insert("assessment.json", vec![b' '; 80 * 1024 * 1024]);
    let bomb = place.path().join("bomb.zip");
    fs::write(&bomb, archive::write(&tree)).unwrap();
    assert!(fs::metadata(&bomb).unwrap().len() < 200_000);
    assert_eq!(breaches(&[shown(&bomb)]), ["archive-refused assessment.json"]);
    fs::write(&bomb, raw_zip(&[("../../x", b"", 0o100_644)])).unwrap();
    assert_eq!(breaches(&[shown(&bomb)]), ["archive-refused ../../x"]);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing was unpacked anywhere");
}

#[test]
fn hostile_folders_are_named_and_never_crash_the_check() {
    let place = tempfile::tempdir().unwrap();
    let pack = place.path().join("pack");
    let mut files = sample_pack().clone();
    files.insert("assessment.json".into(), "[".repeat(2_000_000).into_bytes());
    files.insert("INDEX.html".into(), b"x".to_vec());
    write(&pack, &files);
    let found = breaches(&[shown(&pack)]);
    for wanted in
        ["assessment-unreadable assessment.json", "names-collide index.html", "file-added INDEX.html", "file-changed assessment.json"]
    {
        assert!(found.iter().any(|breach| breach == wanted), "{wanted} in {found:?}");
    }
    let (read, unread) = tickmark::io::read_tree_within(&pack, 1_500_000).unwrap();
    let reason = &unread.iter().find(|(path, _)| path == "assessment.json").unwrap().1;
    assert!(reason.contains("1500000") && read.get("SHA256SUMS").is_some(), "what goes beyond the limit is not read: {reason}");
}

#[test]
fn an_excerpt_proves_one_clause_and_tells_nothing_of_the_others() {
    let place = tempfile::tempdir().unwrap();
    let (pack, out) = (place.path().join("pack"), place.path().join("excerpt"));
    write(&pack, sample_pack());
    if has("ssh-keygen") {
        let key = keygen(place.path(), "key", &["-t", "ed25519", "-N", ""]);
        let told = good(tickmark(&["sign", shown(&pack), "--key", shown(&key), "--identity", "auditor@example"]));
        fs::write(place.path().join("signers"), told.lines().last().unwrap()).unwrap();
    }
    good(tickmark(&["excerpt", shown(&pack), "pci-dss@4.0.1 8.6.2", "--out", shown(&out)]));
    let assessment = &quarter("2026-Q3").assessment;
    assert_eq!(breaches(&[shown(&out), "--root", assessment.root.as_str()]), Vec::<String>::new());
    let told = good(tickmark(&["verify", shown(&out)]));
    assert!(told.contains("1 clauses by their digest and their proof to the root"), "{told}");
    let record = fs::read_to_string(out.join("excerpt.json")).unwrap();
    for clause in assessment.clauses.iter().filter(|clause| clause.clause != "8.6.2" && clause.statement.len() > 40) {
        assert!(!record.contains(&clause.statement), "{} {}", clause.framework, clause.clause);
    }
    let copies = fs::read_dir(out.join("artifacts")).unwrap().count();
    let evidence = assessment.clauses.iter().find(|clause| clause.clause == "8.6.2").unwrap().evidence.len();
    assert!(copies > 0 && copies <= evidence, "{copies} of {evidence}");
    if has("ssh-keygen") {
        let signers = place.path().join("signers");
        let told = good(tickmark(&["verify", shown(&out), "--signers", shown(&signers)]));
        assert!(told.contains("auditor@example in "), "the signed root is proved without the manifest: {told}");
    }
    if has("sha256sum") {
        good(run("sha256sum", &["-c", "--quiet", "SHA256SUMS"], &out, b""));
    }
    for (clause, why) in [("8.6.99", "no clause `8.6.99`"), ("nist-csf@2.0 8.6.2", "no clause")] {
        let refused = tickmark(&["excerpt", shown(&pack), clause, "--out", shown(&place.path().join("no"))]);
        assert!(refused.status.code() == Some(2) && text(&refused.stderr).contains(why), "{}", text(&refused.stderr));
    }
    tampered_excerpts(&out);
}

fn tampered_excerpts(out: &Path) {
    let read = |path: &str| fs::read_to_string(out.join(path)).unwrap();
    let (record, manifest) = (read("excerpt.json"), read("SHA256SUMS"));
    let mended = |path: &str, text: &str| {
        let lines = manifest.lines().map(|line| match line.ends_with(&format!("  {path}")) {
            true => format!("{}  {path}\n", tickmark::base::Digest::of(text.as_bytes())),
            false => format!("{line}\n"),
        });
        fs::write(out.join("SHA256SUMS"), lines.collect::<String>()).unwrap();
        fs::write(out.join(path), text).unwrap();
    };
    let caught = |wanted: &str| {
        let found = breaches(&[shown(out)]);
        assert!(found.iter().any(|breach| breach.starts_with(wanted)), "{wanted} in {found:?}");
    };
    let value: serde_json::Value = serde_json::from_str(&record).unwrap();
    let forge = |pointer: &str, new: serde_json::Value| {
        let mut value = value.clone();
        *value.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = new;
        serde_json::to_string_pretty(&value).unwrap()
    };
    let other = || serde_json::Value::from(tickmark::base::Digest::of(b"other").to_string());
    for (pointer, new, wanted) in [
        ("/clauses/0/clause/status", "satisfied".into(), "clause-changed pci-dss@4.0.1 8.6.2"),
        ("/clauses/0/proof/leaf_index", 0.into(), "proof-broken pci-dss@4.0.1 8.6.2"),
        ("/clauses/0/proof/inclusion_path/0", other(), "proof-broken pci-dss@4.0.1 8.6.2"),
        ("/frame/organisation", "Other A/S".into(), "frame-changed pci-dss@4.0.1 8.6.2"),
        ("/root", other(), "proof-broken pci-dss@4.0.1 8.6.2"),
        ("/files_root", other(), "proof-broken artifacts/"),
        ("/exhibits/0/sha256", other(), "evidence-changed pci-dss@4.0.1 8.6.2"),
        ("/files/0/digest", other(), "exhibit-changed artifacts/"),
        ("/clauses", serde_json::json!([]), "excerpt-empty excerpt.json"),
    ] {
        mended("excerpt.json", &forge(pointer, new));
        caught(wanted);
    }
    mended("excerpt.json", &record);
    let list = fs::read_dir(out.join("observations")).unwrap().next().unwrap().unwrap().file_name().into_string().unwrap();
    let path = format!("observations/{list}");
    let before = read(&path);
    mended(&path, &before.replacen("fail", "pass", 1));
    caught(&format!("observations-changed {path}"));
    mended(&path, &before);
    let stray = format!("{manifest}{}  stray.txt\n", tickmark::base::Digest::of(b"x"));
    fs::write(out.join("stray.txt"), "x").unwrap();
    fs::write(out.join("SHA256SUMS"), stray).unwrap();
    caught("file-unproved stray.txt");
}

#[test]
fn each_pack_names_the_root_of_the_one_before_and_verify_walks_the_chain() {
    let place = tempfile::tempdir().unwrap();
    let (older, newer) = (place.path().join("Q2"), place.path().join("Q3"));
    write(&older, &pack_files(&sample("2026-Q2")));
    let workspace = sample("2026-Q3");
    good(tickmark(&["pack", shown(&workspace), "--out", shown(&newer), "--previous", shown(&older)]));
    let root = &quarter("2026-Q2").assessment.root;
    let record: serde_json::Value = serde_json::from_slice(&fs::read(newer.join("assessment.json")).unwrap()).unwrap();
    assert_eq!(record["frame"]["previous"], root.as_str());
    assert_ne!(record["root"], quarter("2026-Q3").assessment.root.as_str(), "the root of the new pack covers what it names");
    let told = good(tickmark(&["verify", shown(&newer), shown(&older)]));
    assert!(told.contains("the first of its chain") && told.contains("without a gap"), "{told}");
    let told = good(tickmark(&["verify", shown(&newer)]));
    assert!(told.contains(&format!("Previous     {root}")), "{told}");
    // A pack that names nothing does not continue a chain.
    let loose = place.path().join("loose");
    write(&loose, sample_pack());
    let output = tickmark(&["verify", shown(&older), shown(&loose)]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        text(&output.stdout).contains("chain-broken") && text(&output.stdout).contains("names no earlier pack"),
        "{}",
        text(&output.stdout)
    );
    let output = tickmark(&["verify", shown(&newer), shown(&loose), "--format", "json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let codes: Vec<&str> = value["chain"]["breaches"].as_array().unwrap().iter().filter_map(|breach| breach["code"].as_str()).collect();
    assert!(codes.contains(&"chain-overlap"), "{codes:?}");
    let backwards = tickmark(&["pack", shown(&workspace), "--out", shown(&place.path().join("x")), "--previous", shown(&newer)]);
    assert!(backwards.status.code() == Some(2) && text(&backwards.stderr).contains("not before"), "{}", text(&backwards.stderr));
    fs::write(older.join("index.html"), "forged").unwrap();
    let broken = tickmark(&["pack", shown(&workspace), "--out", shown(&place.path().join("x")), "--previous", shown(&older)]);
    assert_eq!(broken.status.code(), Some(3), "a pack that does not hold is no predecessor");
}

#[test]
fn the_commands_in_the_readme_of_a_pack_work_as_printed() {
    if !has("sha256sum") || !has("sh") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    write(place.path(), sample_pack());
    let readme = text(&sample_pack()["README.txt"]);
    assert!(readme.lines().count() <= 60, "one page");
    let commands: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let [digests, added, signature, stamp, ours] = commands.as_slice() else { panic!("{commands:?}") };
    assert!(signature.starts_with("ssh-keygen -Y verify") && stamp.starts_with("openssl ts -verify") && *ours == "tickmark verify .");
    let shell = |command: &str| good(run("sh", &["-c", command], place.path(), b""));
    assert!(shell(digests).lines().all(|line| line.ends_with(": OK")));
    assert_eq!(shell(added), "");
    fs::write(place.path().join("extra file.txt"), "x").unwrap();
    assert_eq!(shell(added), "extra file.txt\n");
}

#[test]
fn a_bag_around_a_pack_holds_by_the_tools_for_bags() {
    let place = tempfile::tempdir().unwrap();
    let (pack, bag) = (place.path().join("pack"), place.path().join("bag"));
    write(&pack, sample_pack());
    good(tickmark(&["bag", shown(&pack), shown(&bag)]));
    assert_eq!(breaches(&[shown(&bag.join("data"))]), Vec::<String>::new(), "the pack inside is the pack");
    if has("sha256sum") {
        good(run("sha256sum", &["-c", "--quiet", "manifest-sha256.txt", "tagmanifest-sha256.txt"], &bag, b""));
    }
    let Some(python) = std::env::var_os("BAGIT_PYTHON") else {
        eprintln!("skipped: BAGIT_PYTHON names no Python with the bagit library");
        return;
    };
    let check = "import bagit, sys; bagit.Bag(sys.argv[1]).validate()";
    good(run(&python.to_string_lossy(), &["-c", check, shown(&bag)], place.path(), b""));
    fs::write(bag.join("data/report.pdf"), "forged").unwrap();
    assert!(!run(&python.to_string_lossy(), &["-c", check, shown(&bag)], place.path(), b"").status.success());
}
