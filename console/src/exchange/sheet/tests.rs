use super::*;

fn rows(bytes: &[u8]) -> Vec<(u32, Vec<String>)> {
    let sheet = Sheet::read(bytes, Form::Csv).expect("a sheet");
    sheet
        .rows
        .into_iter()
        .map(|row| (row.line, row.cells))
        .collect()
}

fn cells(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

#[test]
fn whatever_a_spreadsheet_writes_is_read() {
    for text in [
        "name,phone\r\nAnn,1\r\n",
        "\u{feff}name,phone\nAnn,1\n",
        "name;phone\r\nAnn;1",
        "name\tphone\r\n\r\n\"Ann\"\t1\r\n",
    ] {
        let line = if text.contains("\r\n\r\n") { 3 } else { 2 };
        assert_eq!(
            rows(text.as_bytes()),
            [(line, cells(&["Ann", "1"]))],
            "{text:?}"
        );
    }
    let sheet = Sheet::read("\"a,b\";c\r\n1;2".as_bytes(), Form::Csv).expect("a sheet");
    assert_eq!(sheet.head, ["a,b", "c"]);
}

#[test]
fn a_cell_of_several_lines_does_not_mislead_about_where_the_next_begins() {
    let text = "name,note\r\nAnn,\"two\r\nlines\"\r\n,\r\nBen\r\n";
    let sheet = Sheet::read(text.as_bytes(), Form::Csv).expect("a sheet");
    let lines: Vec<_> = sheet
        .rows
        .iter()
        .map(|row| (row.line, row.uneven))
        .collect();
    assert_eq!(lines, [(2, None), (5, Some(1))]);
}

#[test]
fn what_can_not_be_read_says_what_to_save_it_as() {
    for (bytes, expected) in [
        (&b"PK\x03\x04rest"[..], "spreadsheet's own file"),
        (&b"\xff\xfea\0"[..], "UTF-16"),
        (&b"name\nAnn\nRen\xe9\n"[..], "line 3"),
        (&b""[..], "empty"),
        (&b"name\r\n\r\n"[..], "no lines"),
    ] {
        let error = Sheet::read(bytes, Form::Csv).expect_err("it is no sheet");
        assert!(error.contains(expected), "{error}");
    }
    let large = vec![b'a'; LARGEST + 1];
    assert!(
        Sheet::read(&large, Form::Csv)
            .expect_err("too large")
            .contains("8 MiB")
    );
}

#[test]
fn a_file_of_too_many_columns_or_cells_is_refused_at_once() {
    let many = ["a"; COLUMNS + 1].join(",");
    let wide: Vec<_> = (0..=COLUMNS).map(|at| format!("{{\"c{at}\":1}}")).collect();
    let wide = wide.join("\n");
    // As many names as fit: none is held against all the others.
    let wider: Vec<_> = (0..500_000).map(|at| format!("\"{at}\":1")).collect();
    let wider = format!("[{{{}}}]", wider.join(","));
    let most = ["a"; COLUMNS].join(",");
    let long = format!("{most}\n{}", "1\n".repeat(CELLS / COLUMNS + 1));
    let names: Vec<_> = (0..COLUMNS).map(|at| format!("\"c{at}\":1")).collect();
    let sparse = format!(
        "{{{}}}\n{}",
        names.join(","),
        "{}\n".repeat(CELLS / COLUMNS)
    );
    for (text, form, expected) in [
        (format!("{many}\n1\n"), Form::Csv, "more than 200 columns"),
        (wide, Form::Json, "more than 200 columns"),
        (wider, Form::Json, "more than 200 columns"),
        (long, Form::Csv, "more than 20000 rows of 200 columns"),
        (sparse, Form::Json, "more than 20000 rows of 200 columns"),
    ] {
        let error = Sheet::read(text.as_bytes(), form).expect_err("it is too much");
        assert!(error.contains(expected), "{error}");
    }
    let all = format!("{most}\n{most}\n");
    let sheet = Sheet::read(all.as_bytes(), Form::Csv).expect("as many as there may be");
    assert_eq!(sheet.head.len(), COLUMNS);
}

#[test]
fn objects_are_rows_one_a_line_or_in_an_array() {
    let lines = "{\"a\":1,\"b\":\"x\"}\n\n{\"b\":[\"y\",\"z\"],\"c\":null}\n";
    let array = "[{\"a\":1,\"b\":\"x\"},{\"b\":[\"y\",\"z\"],\"c\":null}]";
    for (text, second) in [(lines, 3), (array, 2)] {
        let sheet = Sheet::read(text.as_bytes(), Form::Json).expect("a sheet");
        assert_eq!(sheet.head, ["a", "b", "c"]);
        assert_eq!(sheet.rows[1].line, second);
        assert_eq!(sheet.rows[0].cells, ["1", "x", ""]);
        assert_eq!(sheet.rows[1].cells, ["", "y;z", ""]);
    }
    for (text, expected) in [
        ("[1]", "line 1"),
        ("{\"a\":{}}", "neither"),
        ("[{", "no JSON"),
        ("nonsense", "line 1"),
    ] {
        let error = Sheet::read(text.as_bytes(), Form::Json).expect_err("it is no sheet");
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn no_cell_is_a_formula_and_all_come_back_as_they_were() {
    let nasty = [
        "=1+1",
        "+1 902 555 0101",
        "-5",
        "@SUM(A1)",
        "'=x",
        "''x",
        "'",
        "'t Hooft",
        "O'Brien",
        "a,b;c",
        "a\"b\"",
        "two\nlines",
        "Zoë \u{1f9b6}",
        "'+",
        "",
        "mornings;=1+1",
        "mornings; @SUM(A1)",
        "mornings;'=1",
        "mornings;\"=1",
        "mornings\t-1",
        "two\n+lines",
        "two\r\n=lines",
        "＝1+1",
        "calf;leg",
        "plain",
    ];
    let head: Vec<String> = (0..nasty.len()).map(|n| format!("c{n}")).collect();
    let file = format!("{}{}", line(&head), line(&cells(&nasty)));
    no_formula(&file);
    assert_eq!(rows(file.as_bytes()), [(2, cells(&nasty))]);
    // What is dropped at the beginning may not uncover one either, nor stand there itself.
    for dropped in ["\t=1", "\r=1", "\n=1", "\0=1", "\tx"] {
        let file = line(&cells(&["x", dropped]));
        no_formula(&file);
        assert!(file.contains(",'") || file.contains(",\"'"), "{file:?}");
    }
}

/// Nothing in a file begins as a formula does, whatever separates the cells and whether or not quotes are heeded.
fn no_formula(file: &str) {
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader
        .has_headers(false)
        .flexible(true)
        .from_reader(file.as_bytes());
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let own = records.iter().flat_map(csv::StringRecord::iter);
    for cell in own.chain(file.split([';', '\t', '\r', '\n'])) {
        let begin = cell.trim_start_matches(|it: char| it == '"' || it.is_whitespace());
        assert!(!begin.starts_with(is_formula), "{cell:?} in {file:?}");
    }
}

proptest::proptest! {
    #[test]
    fn any_cell_comes_back_as_it_was(
        written in proptest::collection::vec("(\\PC|[='+@,; \"\t\r\n-]){0,12}", 2..6)
    ) {
        let mut all: Vec<String> = written.iter().map(|cell| cell.trim().to_owned()).collect();
        all.push("end".to_owned());
        let head: Vec<String> = (0..all.len()).map(|n| format!("c{n}")).collect();
        let file = format!("{}{}", line(&head), line(&all));
        no_formula(&file);
        proptest::prop_assert_eq!(rows(file.as_bytes()), [(2, all)]);
    }
}
