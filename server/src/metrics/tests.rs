use super::*;

#[test]
fn a_label_is_a_method_that_there_is_or_unknown() {
    assert_eq!(
        method("/treadwell.v1.FloorService/GetBoard"),
        "FloorService/GetBoard"
    );
    for made_up in [
        "",
        "/treadwell.v1.FloorService/",
        "/treadwell.v1.FloorService/Ada",
        "/grpc.health.v1.Health/Check",
        "FloorService/GetBoard",
    ] {
        assert_eq!(method(made_up), NO_METHOD, "{made_up}");
    }
    for (known, _) in TABLE {
        assert_eq!(method(&format!("/treadwell.v1.{known}")), *known);
    }
}
