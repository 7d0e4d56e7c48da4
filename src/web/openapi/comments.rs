//! The comments of the proto files.

use std::collections::HashMap;

use prost_reflect::{
    DescriptorPool, EnumDescriptor, EnumValueDescriptor, FieldDescriptor, FileDescriptor,
    MessageDescriptor, MethodDescriptor, ServiceDescriptor,
};

/// Comments by the file and the place of what they are about.
#[derive(Debug)]
pub(super) struct Comments {
    by_place: HashMap<(String, Vec<i32>), String>,
}

impl Comments {
    pub(super) fn of(pool: &DescriptorPool) -> Self {
        let mut by_place = HashMap::new();
        for file in pool.files() {
            let source = file.file_descriptor_proto().source_code_info.clone().unwrap_or_default();
            for location in source.location {
                let Some(comment) = location.leading_comments else { continue };
                by_place.insert((file.name().to_owned(), location.path), unindented(&comment));
            }
        }
        Self { by_place }
    }

    fn at(&self, file: &FileDescriptor, path: &[i32]) -> String {
        let place = (file.name().to_owned(), path.to_vec());
        self.by_place.get(&place).cloned().unwrap_or_default()
    }

    pub(super) fn of_service(&self, service: &ServiceDescriptor) -> String {
        self.at(&service.parent_file(), service.path())
    }

    pub(super) fn of_method(&self, method: &MethodDescriptor) -> String {
        self.at(&method.parent_service().parent_file(), method.path())
    }

    pub(super) fn of_message(&self, message: &MessageDescriptor) -> String {
        self.at(&message.parent_file(), message.path())
    }

    pub(super) fn of_field(&self, field: &FieldDescriptor) -> String {
        self.at(&field.parent_message().parent_file(), field.path())
    }

    pub(super) fn of_enum(&self, values: &EnumDescriptor) -> String {
        self.at(&values.parent_file(), values.path())
    }

    pub(super) fn of_value(&self, value: &EnumValueDescriptor) -> String {
        self.at(&value.parent_enum().parent_file(), value.path())
    }
}

/// The text of a comment: each line without the space after its slashes.
fn unindented(comment: &str) -> String {
    let lines = comment.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// The first sentence, without its full stop and on one line.
pub(super) fn first_sentence(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let sentence = paragraph.split(". ").next().unwrap_or_default();
    sentence.trim_end_matches(['.', ':']).to_owned()
}
