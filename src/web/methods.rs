//! Which methods there are, from the descriptors that the services are made of. A new method
//! needs no line in this room.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, MessageDescriptor, MethodDescriptor};

use crate::api;

/// What a path stands for.
#[derive(Debug, Clone)]
pub(super) struct Method {
    pub(super) input: MessageDescriptor,
    pub(super) output: MessageDescriptor,
    pub(super) form: Form,
    /// Methods of its service that plain HTTP can call, for those who call one that it cannot.
    siblings: String,
}

/// What goes to and fro.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A request and an answer.
    Unary,
    /// A request and answers.
    AnswerStream,
    /// Requests that come as a stream, which HTTP without gRPC does not carry.
    RequestStream,
}

/// All methods by their paths.
#[derive(Debug)]
pub(super) struct Methods {
    by_path: HashMap<String, Method>,
    pool: DescriptorPool,
}

impl Methods {
    /// Those of the services, and the health check.
    pub(super) fn new() -> Self {
        let mut pool = DescriptorPool::new();
        for descriptors in api::descriptors() {
            pool.decode_file_descriptor_set(descriptors)
                .expect("the embedded descriptors are whole");
        }
        let services: Vec<_> = pool.services().collect();
        let by_path = services
            .iter()
            .flat_map(|service| service.methods())
            .map(|method| (path(&method), Method::of(&method)))
            .collect();
        Self { by_path, pool }
    }

    pub(super) fn find(&self, path: &str) -> Option<&Method> {
        self.by_path.get(path)
    }

    /// The messages and services, with their comments.
    pub(super) fn pool(&self) -> &DescriptorPool {
        &self.pool
    }
}

impl Method {
    fn of(method: &MethodDescriptor) -> Self {
        let siblings = method
            .parent_service()
            .methods()
            .filter(|sibling| form(sibling) != Form::RequestStream);
        let siblings: Vec<_> = siblings.map(|sibling| sibling.name().to_owned()).collect();
        Self {
            input: method.input(),
            output: method.output(),
            form: form(method),
            siblings: siblings.join(", "),
        }
    }

    /// The methods beside this one that plain HTTP can call.
    pub(super) fn siblings(&self) -> &str {
        &self.siblings
    }
}

/// The path of a method: `/package.Service/Method`.
pub(super) fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// What goes to and fro in a method.
pub(super) fn form(method: &MethodDescriptor) -> Form {
    match (method.is_client_streaming(), method.is_server_streaming()) {
        (false, false) => Form::Unary,
        (false, true) => Form::AnswerStream,
        (true, _) => Form::RequestStream,
    }
}
