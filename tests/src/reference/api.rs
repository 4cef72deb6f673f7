//! One page a service of the API: `appointment.proto` and `appointment_service.proto` make `appointment.md`. What belongs to no service
//! has pages of its own.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use prost::Message as _;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    FileDescriptorSet, ServiceDescriptorProto,
    field_descriptor_proto::{Label, Type},
};
use treadwell_api::DESCRIPTOR_SET;
use treadwell_clinic::model::Role;
use treadwell_server::access::table::{Grant, TABLE};

use super::{MADE_BY, cell};

const PACKAGE: &str = "treadwell.v1";

// Where a comment belongs, as paths of field numbers in descriptor.proto.
const FILE_PACKAGE: i32 = 2;
const FILE_MESSAGE: i32 = 4;
const FILE_ENUM: i32 = 5;
const FILE_SERVICE: i32 = 6;
const FILE_SYNTAX: i32 = 12;
const MEMBER: i32 = 2;

/// The pages by file name, an index among them.
pub(super) fn pages() -> BTreeMap<String, String> {
    let set =
        FileDescriptorSet::decode(DESCRIPTOR_SET).expect("the API's own descriptor set decodes");
    let files: Vec<File> = set
        .file
        .into_iter()
        .filter(|file| file.package() == PACKAGE)
        .map(File::new)
        .collect();
    let homes = homes(&files);
    let mut nouns: BTreeMap<String, Vec<&File>> = BTreeMap::new();
    for file in &files {
        nouns.entry(file.noun()).or_default().push(file);
    }
    let mut pages: BTreeMap<String, String> = nouns
        .iter()
        .map(|(noun, files)| (format!("{noun}.md"), page(files, &homes)))
        .collect();
    pages.insert("README.md".to_owned(), index(&nouns));
    pages
}

/// A proto file with its comments by path.
struct File {
    descriptor: FileDescriptorProto,
    comments: BTreeMap<Vec<i32>, String>,
}

impl File {
    fn new(descriptor: FileDescriptorProto) -> Self {
        let locations = descriptor
            .source_code_info
            .iter()
            .flat_map(|info| &info.location);
        let comments = locations
            .filter(|location| location.leading_comments.is_some())
            .map(|location| {
                (
                    location.path.clone(),
                    paragraphs(location.leading_comments()),
                )
            })
            .collect();
        Self {
            descriptor,
            comments,
        }
    }

    /// The file's name without folder and `_service`.
    fn noun(&self) -> String {
        let name = self
            .descriptor
            .name()
            .rsplit('/')
            .next()
            .unwrap_or_default();
        let name = name.strip_suffix(".proto").unwrap_or(name);
        name.strip_suffix("_service").unwrap_or(name).to_owned()
    }

    fn comment(&self, path: &[i32]) -> &str {
        self.comments.get(path).map_or("", String::as_str)
    }

    /// The comment at the head of the file.
    fn head(&self) -> &str {
        match self.comment(&[FILE_SYNTAX]) {
            "" => self.comment(&[FILE_PACKAGE]),
            head => head,
        }
    }
}

/// A comment's lines joined to paragraphs.
fn paragraphs(comment: &str) -> String {
    let paragraphs: Vec<String> = comment
        .split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    paragraphs.join("\n\n").trim().to_owned()
}

/// Which page each message and enum is on, by its full name with a leading dot.
fn homes(files: &[File]) -> BTreeMap<String, String> {
    let mut homes = BTreeMap::new();
    for file in files {
        let messages = file
            .descriptor
            .message_type
            .iter()
            .map(DescriptorProto::name);
        let enums = file
            .descriptor
            .enum_type
            .iter()
            .map(EnumDescriptorProto::name);
        for name in messages.chain(enums) {
            homes.insert(format!(".{PACKAGE}.{name}"), file.noun());
        }
    }
    homes
}

fn index(nouns: &BTreeMap<String, Vec<&File>>) -> String {
    let mut text = format!(
        "# The API\n\n{MADE_BY}\n\nPackage `{PACKAGE}`, one page a service, with the resources that it is about, and a page for what several \
         services share. Reflection and health checking are on; a key goes into the metadata as `authorization: Bearer \
         tw_…`. [Every reason of refusal](errors.md#reason) is one table. [Programs to begin with](../../examples/README.md) do a \
         job each, in Python and in Rust.\n\n| page | service | what it is about |\n|---|---|---|\n"
    );
    for (noun, files) in nouns {
        let services: Vec<String> = services(files)
            .map(|service| {
                format!(
                    "[`{0}`]({noun}.md#{1})",
                    service.name(),
                    service.name().to_lowercase()
                )
            })
            .collect();
        let about = files
            .iter()
            .map(|file| file.head())
            .max_by_key(|head| head.len())
            .unwrap_or_default();
        line(
            &mut text,
            format_args!(
                "| [{noun}]({noun}.md) | {} | {} |",
                services.join(", "),
                cell(about)
            ),
        );
    }
    text
}

fn services<'f>(files: &'f [&File]) -> impl Iterator<Item = &'f ServiceDescriptorProto> {
    files.iter().flat_map(|file| &file.descriptor.service)
}

fn page(files: &[&File], homes: &BTreeMap<String, String>) -> String {
    let noun = files[0].noun();
    let mut page = Page {
        text: format!("# {noun}\n\n{MADE_BY}\n"),
        noun,
        homes,
    };
    for file in files {
        for (number, service) in (0..).zip(&file.descriptor.service) {
            page.service(file, number, service);
        }
    }
    for file in files {
        for (number, message) in (0..).zip(&file.descriptor.message_type) {
            page.message(file, number, message);
        }
        for (number, values) in (0..).zip(&file.descriptor.enum_type) {
            page.values(file, number, values);
        }
    }
    page.text
}

struct Page<'a> {
    text: String,
    noun: String,
    homes: &'a BTreeMap<String, String>,
}

impl Page<'_> {
    fn service(&mut self, file: &File, number: i32, service: &ServiceDescriptorProto) {
        let path = [FILE_SERVICE, number];
        let comment = file.comment(&path);
        line(
            &mut self.text,
            format_args!(
                "\n## {}\n\n{comment}\n\n| method | asks, answers | what it does | who may call |\n|---|---|---|---|",
                service.name()
            ),
        );
        for (index, method) in (0..).zip(&service.method) {
            let asks = self.link(method.input_type());
            let answers = self.link(method.output_type());
            let stream = if method.server_streaming() {
                "stream of "
            } else {
                ""
            };
            let does = cell(file.comment(&[path[0], path[1], MEMBER, index]));
            let who = who_may_call(&format!("{}/{}", service.name(), method.name()));
            line(
                &mut self.text,
                format_args!(
                    "| `{}` | {asks}, {stream}{answers} | {does} | {who} |",
                    method.name()
                ),
            );
        }
    }

    fn message(&mut self, file: &File, number: i32, message: &DescriptorProto) {
        let path = [FILE_MESSAGE, number];
        line(
            &mut self.text,
            format_args!("\n### {}\n\n{}", message.name(), file.comment(&path)),
        );
        if message.field.is_empty() {
            return;
        }
        self.text
            .push_str("\n| field | type | meaning |\n|---|---|---|\n");
        for (index, field) in (0..).zip(&message.field) {
            let kind = self.kind(field);
            let mut meaning = cell(file.comment(&[path[0], path[1], MEMBER, index]));
            if let Some(choice) = field
                .oneof_index
                .and_then(|index| message.oneof_decl.get(usize::try_from(index).ok()?))
            {
                let _ = write!(meaning, " (one of `{}`)", choice.name());
            }
            line(
                &mut self.text,
                format_args!("| `{}` | {kind} | {meaning} |", field.name()),
            );
        }
    }

    /// The reasons of refusals, as the parts of each comment: `CODE: what happened. Metadata: names. Do: what to do about it.`
    fn reasons(&mut self, file: &File, number: i32, values: &EnumDescriptorProto) {
        let path = [FILE_ENUM, number];
        line(
            &mut self.text,
            format_args!(
                "\n## {}\n\n{}\n\n| reason | gRPC code | meaning | metadata | what to do |\n|---|---|---|---|---|",
                values.name(),
                file.comment(&path)
            ),
        );
        for (index, value) in (0..).zip(&values.value) {
            let comment = cell(file.comment(&[path[0], path[1], MEMBER, index]));
            // The unspecified one is never sent, and has no code.
            let Some((code, rest)) = comment.split_once(": ") else {
                continue;
            };
            let (rest, todo) = rest.split_once(" Do: ").unwrap_or((rest, ""));
            let (meaning, metadata) = rest.split_once(" Metadata: ").unwrap_or((rest, "none"));
            let name = value.name().trim_start_matches("REASON_");
            let metadata = metadata.trim_end_matches('.');
            line(
                &mut self.text,
                format_args!("| `{name}` | {code} | {meaning} | {metadata} | {todo} |"),
            );
        }
    }

    fn values(&mut self, file: &File, number: i32, values: &EnumDescriptorProto) {
        if values.name() == "Reason" {
            return self.reasons(file, number, values);
        }
        let path = [FILE_ENUM, number];
        line(
            &mut self.text,
            format_args!(
                "\n### {}\n\n{}\n\n| value | number | meaning |\n|---|---|---|",
                values.name(),
                file.comment(&path)
            ),
        );
        for (index, value) in (0..).zip(&values.value) {
            let meaning = cell(file.comment(&[path[0], path[1], MEMBER, index]));
            line(
                &mut self.text,
                format_args!("| `{}` | {} | {meaning} |", value.name(), value.number()),
            );
        }
    }

    /// A field's type, linked when it is one of ours.
    fn kind(&self, field: &FieldDescriptorProto) -> String {
        let kind = match field.r#type() {
            Type::Message | Type::Enum => self.link(field.type_name()),
            scalar => format!(
                "`{}`",
                scalar
                    .as_str_name()
                    .trim_start_matches("TYPE_")
                    .to_lowercase()
            ),
        };
        if field.label() == Label::Repeated {
            format!("list of {kind}")
        } else {
            kind
        }
    }

    fn link(&self, full_name: &str) -> String {
        let name = full_name.rsplit('.').next().unwrap_or(full_name);
        let anchor = name.to_lowercase();
        match self.homes.get(full_name) {
            Some(home) if *home == self.noun => format!("[{name}](#{anchor})"),
            Some(home) => format!("[{name}]({home}.md#{anchor})"),
            None => format!("`{}`", full_name.trim_start_matches('.')),
        }
    }
}

/// The roles whose keys may call a method, as the server's own table has them.
fn who_may_call(method: &str) -> String {
    const ROLES: [(Role, &str); 6] = [
        (Role::Owner, "owner"),
        (Role::Manager, "manager"),
        (Role::FrontDesk, "front desk"),
        (Role::Therapist, "therapist"),
        (Role::Integration, "integration"),
        (Role::Wallboard, "wallboard"),
    ];
    let (_, granted) = TABLE
        .iter()
        .find(|(listed, _)| *listed == method)
        .expect("every method is in the access table");
    let named = ROLES.iter().filter(|(role, _)| granted.includes(*role));
    let names: Vec<&str> = named.map(|(_, name)| *name).collect();
    if *granted == Grant::Public {
        return "anybody, without a key".to_owned();
    }
    if names.len() == ROLES.len() {
        return "every key".to_owned();
    }
    names.join(", ")
}

fn line(text: &mut String, arguments: fmt::Arguments<'_>) {
    writeln!(text, "{arguments}").expect("writing to a string can not fail");
}
