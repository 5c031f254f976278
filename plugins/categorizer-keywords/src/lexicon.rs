//! A set of stems as a trie in one array, level by level: the first letters of all words lie on one or
//! two pages of memory, and a fresh instance pays for every page that it touches.

use std::collections::VecDeque;

/// Number of a stem, dense from 0.
pub(crate) type StemId = u32;

#[derive(Debug, Clone, Copy)]
struct Node {
    letter: char,
    first_child: u32,
    children: u32,
    stem: Option<StemId>,
}

/// All stems that some term needs.
#[derive(Debug)]
pub(crate) struct Lexicon {
    nodes: Vec<Node>,
}

impl Lexicon {
    /// Numbers the stems in their order; they are sorted and unique.
    pub(crate) fn new(stems: &[String]) -> Self {
        let letters: Vec<Vec<char>> = stems.iter().map(|stem| stem.chars().collect()).collect();
        let mut nodes = vec![Node { letter: '\0', first_child: 0, children: 0, stem: None }];
        // Node, its depth, and the stems that go through it.
        let mut open = VecDeque::from([(0_usize, 0_usize, 0..letters.len())]);
        while let Some((parent, depth, range)) = open.pop_front() {
            let first_child = nodes.len();
            for id in range {
                let Some(stem) = letters.get(id) else {
                    continue;
                };
                let Some(&letter) = stem.get(depth) else {
                    if let Some(node) = nodes.get_mut(parent) {
                        node.stem = Some(id as StemId);
                    }
                    continue;
                };
                let sibling = nodes.len() > first_child && nodes.last().is_some_and(|last| last.letter == letter);
                match open.back_mut() {
                    Some((_, _, through)) if sibling => through.end = id + 1,
                    _ => {
                        open.push_back((nodes.len(), depth + 1, id..id + 1));
                        nodes.push(Node { letter, first_child: 0, children: 0, stem: None });
                    }
                }
            }
            let children = (nodes.len() - first_child) as u32;
            if let Some(node) = nodes.get_mut(parent) {
                (node.first_child, node.children) = (first_child as u32, children);
            }
        }
        Self { nodes }
    }

    /// Whether some stem is the beginning of the word. If not, the word need not be stemmed: that is
    /// most words of a text, and stemming is the dearest step.
    pub(crate) fn may_hold(&self, word: &str) -> bool {
        let mut node = self.nodes.first();
        for letter in word.chars() {
            node = node.and_then(|node| self.child(node, letter));
            match node {
                None => return false,
                Some(Node { stem: Some(_), .. }) => return true,
                Some(_) => {}
            }
        }
        false
    }

    /// The number of a stem.
    pub(crate) fn id(&self, stem: &str) -> Option<StemId> {
        let root = self.nodes.first()?;
        stem.chars().try_fold(root, |node, letter| self.child(node, letter))?.stem
    }

    fn child(&self, node: &Node, letter: char) -> Option<&Node> {
        let first = node.first_child as usize;
        self.nodes.get(first..first + node.children as usize)?.iter().find(|child| child.letter == letter)
    }
}
