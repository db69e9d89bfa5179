//! Categories and line items, tied together by their places.

use super::{CategoryNode, ItemNode, check};
use crate::grades::moodle::{NaturalPart, NaturalSetup};
use crate::grades::{
    Aggregation, Category, GradebookError, GradingPeriod, LineItem, Policy, Rules, Subject, WHOLE_PPM,
};
use protocol::ids::CategoryId;
use std::collections::{HashMap, HashSet};

pub(super) struct Tree {
    pub categories: Vec<CategoryNode>,
    pub line_items: Vec<ItemNode>,
    /// Category slots, each before its parent.
    pub upward: Vec<usize>,
}

pub(super) fn grow(
    policy: &Policy,
    categories: Vec<Category>,
    line_items: Vec<LineItem>,
) -> Result<Tree, GradebookError> {
    let mut slots = HashMap::with_capacity(categories.len());
    for (slot, category) in categories.iter().enumerate() {
        let of = Subject::Category(category.id);
        check::weight(category.weight_ppm, of)?;
        check::points(category.max_points, of)?;
        if slots.insert(category.id, slot).is_some() {
            return Err(GradebookError::Duplicate { of });
        }
    }
    let mut nodes = planted(categories, &slots)?;
    let upward = upward(&nodes)?;
    roots(policy.rules, &nodes)?;
    let line_items = hung(line_items, &slots, &policy.periods.periods)?;
    for (slot, node) in line_items.iter().enumerate() {
        nodes[node.category].items.push(slot);
    }
    if policy.rules == Rules::Moodle {
        for slot in &upward {
            weigh(*slot, &mut nodes, &line_items);
        }
    }
    Ok(Tree { categories: nodes, line_items, upward })
}

fn planted(
    categories: Vec<Category>,
    slots: &HashMap<CategoryId, usize>,
) -> Result<Vec<CategoryNode>, GradebookError> {
    let mut nodes = Vec::with_capacity(categories.len());
    for category in categories {
        let parent = match category.parent {
            None => None,
            Some(parent) => Some(*slots.get(&parent).ok_or(GradebookError::UnknownCategory {
                of: Subject::Category(category.id),
                category: parent,
            })?),
        };
        let worth = category.max_points;
        nodes.push(CategoryNode {
            category,
            parent,
            items: Vec::new(),
            children: Vec::new(),
            worth,
            natural: None,
        });
    }
    for slot in 0..nodes.len() {
        if let Some(parent) = nodes[slot].parent {
            nodes[parent].children.push(slot);
        }
    }
    Ok(nodes)
}

/// The slots from the leaves to the roots. What is never reached is in a circle: whatever hangs on a circle from outside
/// is reached from its own leaves.
fn upward(nodes: &[CategoryNode]) -> Result<Vec<usize>, GradebookError> {
    let mut waiting: Vec<usize> = nodes.iter().map(|node| node.children.len()).collect();
    let mut order: Vec<usize> = (0..nodes.len()).filter(|slot| waiting[*slot] == 0).collect();
    let mut next = 0;
    while let Some(slot) = order.get(next).copied() {
        next += 1;
        if let Some(parent) = nodes[slot].parent {
            waiting[parent] -= 1;
            if waiting[parent] == 0 {
                order.push(parent);
            }
        }
    }
    match waiting.iter().position(|children| *children > 0) {
        Some(slot) => Err(GradebookError::CategoryCycle { category: nodes[slot].category.id }),
        None => Ok(order),
    }
}

fn roots(rules: Rules, nodes: &[CategoryNode]) -> Result<(), GradebookError> {
    match rules {
        Rules::Canvas { .. } => match nodes.iter().find(|node| node.parent.is_some()) {
            Some(nested) => Err(GradebookError::NestedCategory { category: nested.category.id }),
            None => Ok(()),
        },
        Rules::Moodle => match nodes.iter().filter(|node| node.parent.is_none()).nth(1) {
            Some(second) => Err(GradebookError::SeveralRoots { category: second.category.id }),
            None => Ok(()),
        },
    }
}

fn hung(
    line_items: Vec<LineItem>,
    slots: &HashMap<CategoryId, usize>,
    periods: &[GradingPeriod],
) -> Result<Vec<ItemNode>, GradebookError> {
    let mut seen = HashSet::with_capacity(line_items.len());
    let mut nodes = Vec::with_capacity(line_items.len());
    for item in line_items {
        let of = Subject::LineItem(item.id);
        if !seen.insert(item.id) {
            return Err(GradebookError::Duplicate { of });
        }
        check::weight(item.weight_ppm, of)?;
        check::points(item.points_possible, of)?;
        let category = *slots
            .get(&item.category)
            .ok_or(GradebookError::UnknownCategory { of, category: item.category })?;
        let period = period_of(&item, periods)?;
        nodes.push(ItemNode { item, category, period });
    }
    Ok(nodes)
}

/// The period that is named, else the one that the due date falls into, else, for work that is never due, the last one.
/// As in Canvas, a period begins just after its start and ends with its end.
fn period_of(item: &LineItem, periods: &[GradingPeriod]) -> Result<Option<usize>, GradebookError> {
    if let Some(id) = item.period {
        let named = periods.iter().position(|period| period.id == id);
        return named.map(Some).ok_or(GradebookError::UnknownPeriod { line_item: item.id, period: id });
    }
    Ok(match item.due_at {
        Some(due) => periods.iter().position(|period| period.starts_at < due && due <= period.ends_at),
        None => periods.iter().enumerate().max_by_key(|(_, period)| period.ends_at).map(|(slot, _)| slot),
    })
}

/// Natural weights need what the categories inside are worth, which is known before their parents are weighed.
fn weigh(slot: usize, nodes: &mut [CategoryNode], line_items: &[ItemNode]) {
    let node = &nodes[slot];
    if node.category.aggregation != Aggregation::Sum {
        return;
    }
    let overridden = |ppm: Option<i64>| ppm.map(|ppm| ppm as f64 / WHOLE_PPM as f64);
    let items = node.items.iter().map(|item| &line_items[*item].item).map(|item| NaturalPart {
        max: item.points_possible,
        extra_credit: item.extra_credit,
        overridden: overridden(item.weight_ppm),
    });
    let children = node.children.iter().map(|child| &nodes[*child]).map(|child| NaturalPart {
        max: child.worth,
        extra_credit: child.category.extra_credit,
        overridden: overridden(child.category.weight_ppm),
    });
    let parts: Vec<NaturalPart> = items.chain(children).collect();
    let setup = NaturalSetup::of(&parts, &node.category, !node.children.is_empty());
    nodes[slot].worth = setup.worth;
    nodes[slot].natural = Some(setup);
}
