//! How long and how much memory the main jobs take, as a Markdown table. Not a test: nothing here passes or fails by time.
//!
//! `cargo bench --bench scale` measures the release build; `cargo bench --bench scale --profile dev` the one of the README.
//! The population is made here: N service users with one or two keys each, a register that knows most of them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

struct Measured {
    wall: Duration,
    peak_mib: u64,
}

fn main() {
    let place = tempfile::tempdir().expect("a temporary folder");
    println!("| job | wall | peak memory |\n|---|---|---|");
    row("start-up: `tickmark --help`", best(5, || run(&["--help"])));
    row("load and validate all catalogs: `tickmark catalog list`", best(3, || run(&["catalog", "list"])));
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/evidence-samples/nordhavn-pay/2026-Q3");
    row("the sample to a finished pack", packed(Path::new(sample), &place.path().join("sample")));
    for count in [10_000, 100_000] {
        let workspace = place.path().join(format!("in-{count}"));
        populate(&workspace, count);
        let out = place.path().join(format!("out-{count}"));
        row(&format!("{count} identities to a finished pack"), packed(&workspace, &out));
        let shown = out.to_string_lossy().into_owned();
        row(&format!("verify that pack ({count} identities)"), run(&["verify", &shown]));
    }
}

fn row(name: &str, measured: Measured) {
    println!("| {name} | {:.2} s | {} MiB |", measured.wall.as_secs_f64(), measured.peak_mib);
}

fn best(times: usize, job: impl Fn() -> Measured) -> Measured {
    (0..times).map(|_| job()).min_by_key(|measured| measured.wall).expect("at least one run")
}

fn packed(workspace: &Path, out: &Path) -> Measured {
    run(&["pack", &workspace.to_string_lossy(), "--out", &out.to_string_lossy()])
}

/// Runs the binary; its peak memory is the last high-water mark that the system showed before it ended.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn run(arguments: &[&str]) -> Measured {
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_tickmark"))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    loop {
        if let Ok(text) = fs::read_to_string(&status) {
            let mark =
                text.lines().find_map(|line| line.strip_prefix("VmHWM:")).and_then(|rest| rest.split_whitespace().next()?.parse().ok());
            peak_kib = peak_kib.max(mark.unwrap_or(0));
        }
        if let Some(ended) = child.try_wait().expect("the child can be waited for") {
            assert!(ended.success(), "`tickmark {}` failed", arguments.join(" "));
            return Measured { wall: started.elapsed(), peak_mib: peak_kib / 1024 };
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A workspace of `count` service users: every tenth has an old key, every twentieth is in no register.
fn populate(folder: &Path, count: usize) {
    fs::create_dir_all(folder).expect("a folder");
    let mut report = String::from(
        "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,\
         access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
         access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,\
         cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n",
    );
    let mut keys = String::new();
    let mut register = String::from(
        "identity,platform,scope,owner,owner_status,purpose,service,criticality,expires_at,approval_ticket,last_reviewed_at\n",
    );
    for index in 0..count {
        let made = if index % 10 == 0 { "2025-01-15T08:00:00+00:00" } else { "2026-08-15T08:00:00+00:00" };
        let _ = writeln!(
            report,
            "svc-{index},arn:aws:iam::123456789012:user/svc-{index},2024-01-01T00:00:00+00:00,false,N/A,N/A,N/A,false,true,{made},2026-09-30T01:00:00+00:00,eu-north-1,s3,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
        );
        let _ = writeln!(
            keys,
            "{{\"AccessKeyMetadata\":[{{\"UserName\":\"svc-{index}\",\"AccessKeyId\":\"AKIA{index:016}\",\"Status\":\"Active\",\"CreateDate\":\"{made}\"}}]}}"
        );
        if index % 20 != 0 {
            let _ = writeln!(
                register,
                "svc-{index},aws,123456789012,Team {},active,Batch job {index},Service {},high,,,",
                index % 50,
                index % 500
            );
        }
    }
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("a file");
    write("credential-report.csv", &report);
    write("list-access-keys.json", &keys);
    write("register.csv", &register);
    let meta = |path: &str, rows: usize| {
        format!(
            "  - path: {path}\n    instance: \"123456789012\"\n    collected_at: \"2026-09-30T12:00:00Z\"\n    zone: UTC\n    rows: {rows}\n"
        )
    };
    let registered = count - count.div_ceil(20);
    write(
        "artifacts.yaml",
        &format!(
            "artifacts:\n{}{}{}",
            meta("credential-report.csv", count),
            meta("list-access-keys.json", count),
            meta("register.csv", registered)
        ),
    );
    write(
        "tickmark.yaml",
        "organisation: Scale\nscope: A made population.\nperiod: {from: 2026-07-01, to: 2026-09-30}\nas_of: \"2026-09-30T23:59:59Z\"\nzone: UTC\n\
         frameworks: [pci-dss@4.0.1, nist-csf@2.0, owasp-nhi-top10@2025]\n",
    );
}
