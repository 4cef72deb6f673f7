use super::*;

fn given(server: &str) -> Given {
    Given {
        server: Some(server.to_owned()),
        ..Given::default()
    }
}

fn resolve(file: Given, environment: Given, flags: Given) -> Result<Config, ConfigError> {
    Config::resolve(None, file, environment, flags)
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let cases = [
        (
            Given::default(),
            Given::default(),
            Given::default(),
            DEFAULT_SERVER,
            Source::Default,
        ),
        (
            given("file"),
            Given::default(),
            Given::default(),
            "file",
            Source::File,
        ),
        (
            given("file"),
            given("env"),
            Given::default(),
            "env",
            Source::Environment,
        ),
        (
            given("file"),
            given("env"),
            given("flag"),
            "flag",
            Source::Flag,
        ),
        (
            given("file"),
            Given::default(),
            given("flag"),
            "flag",
            Source::Flag,
        ),
    ];
    for (file, environment, flags, value, source) in cases {
        let config = resolve(file, environment, flags).expect("good values");
        let expected = Setting {
            value: value.to_owned(),
            source,
        };
        assert_eq!(config.server, expected);
    }
}

#[test]
fn a_key_and_a_key_file_in_one_place_contradict_each_other_but_not_in_two() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    std::fs::write(&path, "tw_fromfile\n").expect("written");
    let by_file = Given {
        key_file: Some(path),
        ..Given::default()
    };
    let by_key = Given {
        key: Some("tw_given".to_owned()),
        ..Given::default()
    };
    let both = Given {
        key: by_key.key.clone(),
        ..by_file.clone()
    };
    let key =
        |file, environment, flags| resolve(file, environment, flags).map(|config| config.key.value);
    assert_eq!(
        key(by_file.clone(), Given::default(), by_key.clone()).expect("flag wins"),
        "tw_given"
    );
    assert_eq!(
        key(by_key, by_file, Given::default()).expect("environment wins"),
        "tw_fromfile"
    );
    let error = key(Given::default(), Given::default(), both).expect_err("both");
    assert_eq!(
        error.to_string(),
        "flag: both key and key_file are given; give one"
    );
}

#[test]
fn the_file_is_read_strictly() {
    let good = "server = \"desk\"\nmouse = false\n[keys]\nquit = \"q\"\n";
    let read = file::parse(good).expect("a good file");
    assert_eq!(read.server.as_deref(), Some("desk"));
    assert_eq!(read.mouse.as_deref(), Some("false"));
    assert_eq!(read.bindings["quit"], "q");
    let error = file::parse("server = \"desk\"\nsever = 1\n").expect_err("misspelt");
    assert!(
        error.contains("line 2") && error.contains("sever"),
        "{error}"
    );
    assert!(file::parse("mouse = 3").is_err());
}

#[test]
fn the_screens_lock_after_some_minutes_or_never() {
    let lock = |minutes: &str| {
        let file = file::parse(&format!("lock_minutes = {minutes}")).ok()?;
        let config = resolve(file, Given::default(), Given::default()).ok()?;
        Some(config.lock_minutes.value)
    };
    assert_eq!(lock("0"), Some(0));
    assert_eq!(lock("480"), Some(480));
    for wrong in ["481", "-1", "1.5", "\"soon\""] {
        assert_eq!(lock(wrong), None, "{wrong}");
    }
    let config = resolve(Given::default(), Given::default(), Given::default());
    let config = config.expect("the defaults");
    assert_eq!(config.lock_minutes.value, 5);
    assert!(config.print().contains("lock_minutes = 5"));
}

#[test]
fn the_screens_begin_locked_where_that_is_asked_for() {
    let file = file::parse("lock_at_start = true").expect("a good file");
    let given = |file, environment| resolve(file, environment, Given::default());
    let config = given(file, Given::default()).expect("it is right");
    assert!(config.lock_at_start.value);
    let environment = Given {
        lock_at_start: Some("maybe".to_owned()),
        ..Given::default()
    };
    assert!(given(Given::default(), environment).is_err());
    let config = given(Given::default(), Given::default()).expect("the defaults");
    assert!(!config.lock_at_start.value);
}

#[test]
fn values_that_are_wrong_say_where_they_came_from() {
    let wrong = Given {
        timeout: Some("soon".to_owned()),
        ..Given::default()
    };
    let error = resolve(Given::default(), wrong, Given::default())
        .err()
        .expect("no length");
    assert_eq!(
        error.to_string(),
        "timeout from environment: \"soon\" is not a length such as 10s or 500ms, more than 0"
    );
    for (text, expected) in [
        ("10s", Some(10_000)),
        ("10", Some(10_000)),
        ("500ms", Some(500)),
        ("2m", Some(120_000)),
        ("0", None),
        ("-1", None),
        ("1h", None),
        ("", None),
        ("99999999999999999999s", None),
    ] {
        assert_eq!(
            duration(text),
            expected.map(Duration::from_millis),
            "{text:?}"
        );
    }
}

#[test]
fn a_named_file_must_be_there_and_its_name_may_come_from_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("console.toml");
    let load = |named: Option<&Path>| {
        let path = path.display().to_string();
        Config::load(
            named,
            move |name| (name == "TREADWELL_CONSOLE_CONFIG").then(|| path.clone()),
            Given::default(),
        )
    };
    assert!(matches!(load(None), Err(ConfigError::File { .. })));
    std::fs::write(&path, "site = \"halifax\"").expect("written");
    assert_eq!(load(None).expect("there now").site.value, "halifax");
    assert!(matches!(
        load(Some(Path::new("/nowhere/at/all"))),
        Err(ConfigError::File { .. })
    ));
}

#[test]
fn what_is_printed_can_be_read_again_and_hides_the_key() {
    let flags = Given {
        key: Some("tw_secret".to_owned()),
        timeout: Some("3s".to_owned()),
        ..given("desk:1")
    };
    let mut config = resolve(Given::default(), Given::default(), flags).expect("good values");
    config
        .bindings
        .insert("quit".to_owned(), "ctrl-q".to_owned());
    let printed = config.print();
    insta::assert_snapshot!(printed);
    assert!(!printed.contains("tw_secret"));
    let again = file::parse(&printed).expect("a good file");
    assert_eq!(again.server.as_deref(), Some("desk:1"));
    assert_eq!(again.timeout.as_deref(), Some("3000ms"));
}

#[test]
fn a_certificate_and_its_key_come_from_one_place_and_make_the_client() {
    let path = |name: &str| Some(PathBuf::from(name));
    let file = Given {
        authority: path("authority.pem"),
        client_certificate: path("file.pem"),
        client_key: path("file.key"),
        ..Given::default()
    };
    let flags = Given {
        client_certificate: path("flag.pem"),
        ..Given::default()
    };
    let error = resolve(file.clone(), Given::default(), flags.clone());
    assert_eq!(
        error.err().expect("half of it").to_string(),
        "flag: client_certificate is given without client_key; give both"
    );
    let whole = Given {
        client_key: path("flag.key"),
        ..flags
    };
    let config = resolve(file, Given::default(), whole).expect("good values");
    let options = config.client();
    assert_eq!(options.authority, path("authority.pem"));
    let identity = options.identity.expect("given");
    assert_eq!(identity.certificate, Path::new("flag.pem"));
    assert_eq!(identity.key, Path::new("flag.key"));
    let printed = config.print();
    let again = file::parse(&printed).expect("a good file");
    assert_eq!(again.authority, path("authority.pem"), "{printed}");
    assert_eq!(again.client_key, path("flag.key"), "{printed}");
}
