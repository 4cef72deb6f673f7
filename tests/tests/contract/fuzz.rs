//! Bytes that nobody would send: no method panics on them, and each says no in a documented way.

use std::collections::BTreeMap;

use anyhow::Result;
use tonic::Code;
use treadwell_tests::{
    mutate::mutate,
    seed::{Random, rounds, seed},
    wire::as_documented,
};

use crate::{
    bodies::questions,
    clinic::{Clinic, call, methods},
    redaction::Canary,
};

/// Something that may decode: fields with small numbers, of every wire type, nested at random.
fn message(random: &mut Random, depth: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..=random.below(6) {
        let field = 1 + random.below(16);
        match random.below(4) {
            0 => {
                bytes.push(tag(field, 0));
                varint(&mut bytes, number(random));
            }
            1 if depth > 0 => {
                let inner = message(random, depth - 1);
                bytes.push(tag(field, 2));
                varint(&mut bytes, inner.len() as u64);
                bytes.extend(inner);
            }
            _ => {
                let text = text(random);
                bytes.push(tag(field, 2));
                varint(&mut bytes, text.len() as u64);
                bytes.extend(text.as_bytes());
            }
        }
    }
    bytes
}

fn tag(field: u32, wire: u8) -> u8 {
    let field = u8::try_from(field.min(15)).expect("15 fits");
    (field << 3) | wire
}

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).expect("seven bits fit") | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).expect("seven bits fit"));
}

fn number(random: &mut Random) -> u64 {
    *random.choose(&[
        0,
        1,
        2,
        5,
        60,
        500,
        1_760_000_000,
        u64::from(u32::MAX),
        1 << 40,
        i64::MAX.unsigned_abs(),
        u64::MAX,
    ])
}

fn text(random: &mut Random) -> String {
    let known = [
        "halifax",
        "dartmouth",
        "h1",
        "h3",
        "chen",
        "hands-on-60",
        "ashiatsu-60",
        "barefoot",
        "general",
        "fracture",
        "cli-1",
        "apt-1",
        "hold-1",
        "key-1",
        "out-1",
        "shf-1",
        "name",
        "",
        "🦶",
        "America/Halifax",
        "0",
        "1",
    ];
    let mut text = (*random.choose(&known)).to_owned();
    if random.below(8) == 0 {
        text = text.repeat(1 + random.below(400) as usize);
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bytes_make_a_method_panic() -> Result<()> {
    let (seed, rounds) = (seed(41), rounds(12));
    println!("seed {seed}, {rounds} messages a method");
    let clinic = Clinic::open().await?;
    let mut random = Random::new(seed);
    let (mut answered, mut refused) = (0, 0);
    for method in methods() {
        for round in 0..rounds {
            let body = message(&mut random, 3);
            let what = format!("seed {seed} {} round {round}", method.0);
            if tried(&clinic, &method, body, &what).await {
                answered += 1;
            } else {
                refused += 1;
            }
        }
    }
    println!("{answered} answered, {refused} refused");
    assert!(answered > 0 && refused > 0);
    clinic.is_sound().await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_change_of_a_good_request_makes_a_method_panic() -> Result<()> {
    let (seed, rounds) = (seed(42), rounds(12));
    println!("seed {seed}, {rounds} changes a request");
    let clinic = Clinic::open().await?;
    let questions = questions(&Canary::make(&clinic).await?.names);
    let streams: BTreeMap<String, bool> = methods().into_iter().collect();
    let mut random = Random::new(seed);
    let (mut answered, mut refused) = (0, 0);
    for round in 0..rounds {
        for (method, body) in &questions {
            let other = random.choose(&questions).1.clone();
            let changed = mutate(&mut random, body, &other);
            let what = format!("seed {seed} {method} round {round}");
            let method = (method.clone(), streams[method]);
            if tried(&clinic, &method, changed, &what).await {
                answered += 1;
            } else {
                refused += 1;
            }
        }
    }
    println!("{answered} answered, {refused} refused");
    assert!(answered > 0 && refused > 0);
    clinic.is_sound().await
}

/// Whether a call is answered; what is refused is refused as it should be.
async fn tried(clinic: &Clinic, method: &(String, bool), body: Vec<u8>, what: &str) -> bool {
    match call(&clinic.owner, method, body).await {
        Ok(()) => true,
        Err(no) => {
            assert!(
                !matches!(no.code, Code::Internal | Code::Unknown | Code::DataLoss),
                "{what}: {no:?}"
            );
            as_documented(&no);
            false
        }
    }
}
