use super::*;

fn written(text: &str) -> (tempfile::TempDir, Flags) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("server.toml");
    std::fs::write(&path, text).unwrap();
    let flags = Flags {
        config: Some(path),
        data: Some("/nowhere".into()),
        ..Flags::default()
    };
    (dir, flags)
}

#[test]
fn flags_win_over_the_file_and_the_file_over_the_defaults() {
    let (_dir, mut flags) = written("listen = \"127.0.0.1:1\"\nwatches = 7\n");
    flags.listen = Some("127.0.0.1:2".parse().unwrap());
    let config = Config::load(flags).unwrap();
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.watches, 7);
    let cores = std::thread::available_parallelism().unwrap().get();
    assert_eq!(config.calls, 24 * cores);
    assert_eq!(config.data, Path::new("/nowhere"));
}

#[test]
fn what_is_printed_gives_the_same_configuration_again() {
    let mut config = Config::new("/srv/clinic \"one\"");
    config.watches = 12;
    config.log_format = LogFormat::Json;
    config.clock_start = Some("2026-10-14T17:07:00Z".parse().unwrap());
    let again = |config: &Config| {
        let (_dir, mut flags) = written(&config.to_toml());
        flags.data = None;
        Config::load(flags).unwrap()
    };
    assert_eq!(again(&config), config);
    config.allow_plaintext_beyond_loopback = true;
    config.tls = Some(Tls {
        certificate: "/etc/treadwell/server.pem".into(),
        key: "/etc/treadwell/server.key".into(),
        client_authority: None,
        require_client_certificate: false,
    });
    assert_eq!(again(&config), config);
    let tls = config.tls.as_mut().unwrap();
    tls.client_authority = Some("/etc/treadwell/authority.pem".into());
    tls.require_client_certificate = true;
    assert_eq!(again(&config), config);
}

#[test]
fn half_a_certificate_is_a_mistake_and_the_file_names_its_other_half() {
    for (table, expected) in [
        (
            "certificate = \"a\"",
            "tls.certificate is given without tls.key",
        ),
        ("key = \"a\"", "tls.key is given without tls.certificate"),
        (
            "client_authority = \"a\"",
            "tls.client_authority is given without tls.certificate",
        ),
        (
            "certificate = \"a\"\nkey = \"b\"\nrequire_client_certificate = true",
            "tls.require_client_certificate is given without tls.client_authority",
        ),
    ] {
        let (_dir, flags) = written(&format!("[tls]\n{table}\n"));
        let text = Config::load(flags).unwrap_err().to_string();
        assert_eq!(text, format!("{expected}: give both, or neither"));
    }
    // One from the file, the other from a flag.
    let (_dir, mut flags) = written("[tls]\ncertificate = \"a\"\n");
    flags.tls.tls_key = Some("b".into());
    assert_eq!(
        Config::load(flags).unwrap().tls.unwrap().key,
        Path::new("b")
    );
}

#[test]
fn a_wrong_file_is_named_with_line_and_field() {
    let (_dir, flags) = written("log = \"info\"\nlissten = \"x\"\n");
    let text = Config::load(flags).unwrap_err().to_string();
    assert!(
        text.contains("line 2") && text.contains("lissten"),
        "{text}"
    );
}

#[test]
fn a_named_file_has_to_exist_and_values_have_ranges() {
    let flags = Flags {
        config: Some("/nowhere/server.toml".into()),
        ..Flags::default()
    };
    assert!(matches!(
        Config::load(flags),
        Err(ConfigError::Unreadable { .. })
    ));
    for (line, expected) in [
        ("calls = 0", "calls has to be 1 to 100000, not 0"),
        // In bytes it would be more than there are numbers for.
        (
            "free_disk_mib = 17592186044416",
            "free_disk_mib has to be 0 to 1048576, not 17592186044416",
        ),
    ] {
        let (_dir, flags) = written(line);
        let text = Config::load(flags).unwrap_err().to_string();
        assert_eq!(text, expected);
    }
}
