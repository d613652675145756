//! Files that a project names beside its own, such as a key set.

use std::{
    cell::RefCell,
    fs, io,
    path::{Path, PathBuf},
};

/// Reads files of a project's folder, and remembers which: a change in one of them is a change of the project.
pub struct NamedFiles {
    root: PathBuf,
    read: RefCell<Vec<PathBuf>>,
}

impl NamedFiles {
    /// Files are named as seen from `root`.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), read: RefCell::default() }
    }

    /// The content of a file.
    pub fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let path = self.root.join(name);
        self.read.borrow_mut().push(path.clone());
        fs::read(path)
    }

    /// Every file that was asked for, whether it is there or not.
    pub fn into_paths(self) -> Vec<PathBuf> {
        self.read.into_inner()
    }
}
