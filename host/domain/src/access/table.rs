//! Roles, actions, and the table that joins them.

/// What a person or a program is in a region (the order's posts, and the posts that a host needs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Works the queue.
    Operator,
    /// Answers for a sector block (clauses 11 and 13).
    BlockLead,
    /// Head of the centre (clause 10).
    Head,
    /// Deputy governor (clause 8): approves, watches.
    Curator,
    /// Enables rules and keeps the accounts of a region.
    Administrator,
    /// Writes plug-ins.
    Developer,
    /// Mass media (clause 12).
    Media,
    /// Reads the log, replays decisions (clause 14 f).
    Auditor,
    /// A machine that delivers appeals.
    Intake,
    /// Sets the whole host up: every region, before it has people of its own.
    HostAdministrator,
}

impl Role {
    /// Every role with its code and what it is called.
    pub const ALL: [(Self, &'static str, &'static str); 10] = [
        (Self::Operator, "operator", "оператор"),
        (Self::BlockLead, "block_lead", "ответственный за блок"),
        (Self::Head, "head", "руководитель центра"),
        (Self::Curator, "curator", "куратор"),
        (Self::Administrator, "administrator", "администратор региона"),
        (Self::Developer, "developer", "разработчик"),
        (Self::Media, "media", "ответственный за масс-медиа"),
        (Self::Auditor, "auditor", "аудитор"),
        (Self::Intake, "intake", "приём (машина)"),
        (Self::HostAdministrator, "host_administrator", "администратор узла"),
    ];

    /// The code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(role, ..)| *role == self).map_or("", |(_, code, _)| code)
    }

    /// Of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == code).map(|(role, ..)| *role)
    }

    /// Whether the role can be narrowed to blocks.
    pub(super) fn takes_blocks(self) -> bool {
        matches!(self, Self::Operator | Self::BlockLead)
    }

    /// Whether the role may be held in every region at once.
    pub(super) fn may_span(self) -> bool {
        matches!(self, Self::HostAdministrator | Self::Auditor | Self::Intake)
    }

    /// Whether an administrator of a region may give the role. Those who oversee the administrator are appointed by the host's.
    #[must_use]
    pub fn is_given_by_administrator(self) -> bool {
        matches!(self, Self::Operator | Self::BlockLead | Self::Head | Self::Developer | Self::Media | Self::Intake)
    }
}

/// Roles that nobody holds together in one region: who uploads does not enable, who enables does not approve, and who
/// checks does not do.
pub const APART: [(Role, Role); 8] = [
    (Role::Developer, Role::Administrator),
    (Role::Developer, Role::HostAdministrator),
    (Role::Administrator, Role::Curator),
    (Role::HostAdministrator, Role::Curator),
    (Role::Auditor, Role::Administrator),
    (Role::Auditor, Role::HostAdministrator),
    (Role::Auditor, Role::Developer),
    (Role::Auditor, Role::Operator),
];

/// What one can do. A route or a command needs exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Look at one's own account, end one's own sessions, change one's own password.
    UseOwnAccount,
    /// Read blocks, categories, bodies, municipalities.
    ReadDictionaries,
    /// Take appeals in.
    TakeIn,
    /// Read appeals, assignments and decisions, with personal data masked.
    ReadAppeals,
    /// Read an appeal with its applicant. Each read is in the log.
    ReadPersonalData,
    /// Correct category or body.
    Correct,
    /// Draft answers.
    DraftAnswers,
    /// Approve answers, extend terms.
    ApproveAnswers,
    /// Note reactions, closings, reopenings and marks of single appeals.
    FollowUp,
    /// Run a stored decision again.
    Replay,
    /// Read releases and rulesets.
    ReadRules,
    /// Upload a release.
    UploadRelease,
    /// Upload a version of a dataset.
    UploadDataset,
    /// Yank or delete a release.
    RemoveRelease,
    /// Say who owns the name of a plug-in.
    GivePluginName,
    /// Write and check drafts of rulesets.
    DraftRules,
    /// Try drafts on stored history.
    BacktestRules,
    /// Consent to what a draft says for one's block.
    ConsentToRules,
    /// Send a ruleset out: shadow, canary, active.
    ActivateRules,
    /// Take a ruleset back that is out or active.
    RollBackRules,
    /// Say what the region demands before rules change.
    SetRulesPolicy,
    /// Read faults of plug-ins: stacks and last log lines, masked.
    ReadFaults,
    /// Let a binding out of quarantine before its trial.
    ReleaseQuarantined,
    /// Make and change accounts and API tokens of a region.
    ManageAccounts,
    /// Say what became of appeals: reactions, answers, closings, marks.
    ReportProgress,
    /// Read indicators, measurements, targets and passports.
    ReadIndicators,
    /// Ask for a measurement.
    MeasureIndicators,
    /// Try an indicator plug-in on facts; nothing of it is kept.
    PreviewIndicators,
    /// Load sets of mandatory indicators, enter values.
    EnterIndicators,
    /// Set targets (clause 21).
    SetTargets,
    /// Write a passport and hand it in (clause 22).
    WritePassports,
    /// Agree to a passport (clause 10).
    AgreePassports,
    /// Approve a passport, put it into force, archive it (clause 8).
    ApprovePassports,
    /// Send a passport back to its author.
    RejectPassports,
    /// Close decompositions of `other` (clause 20).
    DecomposeOther,
    /// Set rules of rating, calculate ratings (clause 14).
    RateBodies,
    /// Publish ratings, take them back.
    PublishRatings,
    /// Write files of appeals, measurements and ratings, and fetch them. Each is in the log.
    Export,
    /// Read the log.
    ReadAudit,
    /// Read the host's own log, which belongs to no region.
    ReadHostAudit,
    /// Export what the log holds about one person (152-FZ, article 14).
    ExportPerson,
    /// Erase a person's data by an act (152-FZ, article 21).
    ErasePerson,
}

/// How far an allowed action reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The host itself: only grants that are held without a region.
    Host,
    /// The whole region of the grant.
    Region,
    /// The blocks of the grant, or the whole region if it names none.
    Blocks,
}

use Reach::{Blocks, Host, Region};
use Role::{Administrator, Auditor, BlockLead, Curator, Developer, Head, HostAdministrator, Intake, Media, Operator};

/// One row of the table.
#[derive(Debug)]
pub struct Rule {
    /// The action.
    pub action: Action,
    /// Its code.
    pub code: &'static str,
    /// What it lets one do.
    pub words: &'static str,
    allowed: &'static [(Role, Reach)],
}

const fn rule(action: Action, code: &'static str, words: &'static str, allowed: &'static [(Role, Reach)]) -> Rule {
    Rule { action, code, words, allowed }
}

/// Who may do what. What is not here is refused.
pub const TABLE: [Rule; 42] = [
    rule(
        Action::UseOwnAccount,
        "use_own_account",
        "see one's own account, sign out, change one's own password",
        &[
            (Operator, Region),
            (BlockLead, Region),
            (Head, Region),
            (Curator, Region),
            (Administrator, Region),
            (Developer, Region),
            (Media, Region),
            (Auditor, Region),
            (Intake, Region),
            (HostAdministrator, Region),
        ],
    ),
    rule(
        Action::ReadDictionaries,
        "read_dictionaries",
        "read blocks, categories, bodies and municipalities",
        &[
            (Operator, Region),
            (BlockLead, Region),
            (Head, Region),
            (Curator, Region),
            (Administrator, Region),
            (Developer, Region),
            (Media, Region),
            (Auditor, Region),
            (Intake, Region),
            (HostAdministrator, Region),
        ],
    ),
    rule(Action::TakeIn, "take_in", "take appeals in", &[(Operator, Region), (Intake, Region)]),
    rule(
        Action::ReadAppeals,
        "read_appeals",
        "read appeals and decisions, with personal data masked",
        &[
            (Operator, Blocks),
            (BlockLead, Blocks),
            (Head, Region),
            (Curator, Region),
            (Administrator, Region),
            (Developer, Region),
            (Media, Region),
            (Auditor, Region),
            (HostAdministrator, Region),
        ],
    ),
    rule(
        Action::ReadPersonalData,
        "read_personal_data",
        "read an appeal with its applicant (each read is in the log)",
        &[(Operator, Blocks), (BlockLead, Blocks), (Head, Region)],
    ),
    rule(
        Action::Correct,
        "correct",
        "correct the category or the body",
        &[(Operator, Blocks), (BlockLead, Blocks), (Head, Region)],
    ),
    rule(
        Action::DraftAnswers,
        "draft_answers",
        "draft answers",
        &[(Operator, Blocks), (BlockLead, Blocks), (Head, Region)],
    ),
    rule(
        Action::ApproveAnswers,
        "approve_answers",
        "approve answers, extend terms",
        &[(BlockLead, Blocks), (Head, Region)],
    ),
    rule(
        Action::FollowUp,
        "follow_up",
        "note reactions, closings, reopenings and marks of single appeals",
        &[(Operator, Blocks), (BlockLead, Blocks), (Head, Region)],
    ),
    rule(
        Action::Replay,
        "replay",
        "run a stored decision again",
        &[
            (BlockLead, Blocks),
            (Head, Region),
            (Administrator, Region),
            (Developer, Region),
            (Auditor, Region),
            (HostAdministrator, Region),
        ],
    ),
    rule(
        Action::ReadRules,
        "read_rules",
        "read releases and rulesets",
        &[
            (Operator, Region),
            (BlockLead, Region),
            (Head, Region),
            (Curator, Region),
            (Administrator, Region),
            (Developer, Region),
            (Auditor, Region),
            (HostAdministrator, Region),
        ],
    ),
    rule(
        Action::UploadRelease,
        "upload_release",
        "upload a release",
        &[(Developer, Region), (HostAdministrator, Region)],
    ),
    rule(
        Action::UploadDataset,
        "upload_dataset",
        "upload a version of a dataset",
        &[(Administrator, Region), (Developer, Region), (HostAdministrator, Region)],
    ),
    rule(
        Action::RemoveRelease,
        "remove_release",
        "yank or delete a release",
        &[(Administrator, Region), (HostAdministrator, Region)],
    ),
    rule(
        Action::GivePluginName,
        "give_plugin_name",
        "say who owns the name of a plug-in",
        &[(Administrator, Region), (HostAdministrator, Region)],
    ),
    rule(
        Action::DraftRules,
        "draft_rules",
        "write and check drafts of rulesets",
        &[(Administrator, Region), (HostAdministrator, Region)],
    ),
    rule(
        Action::BacktestRules,
        "backtest_rules",
        "try drafts on stored history, masked",
        &[
            (BlockLead, Region),
            (Head, Region),
            (Administrator, Region),
            (Developer, Region),
            (HostAdministrator, Region),
        ],
    ),
    rule(
        Action::ConsentToRules,
        "consent_to_rules",
        "consent to what a draft says for a block",
        &[(BlockLead, Blocks), (Head, Region)],
    ),
    rule(
        Action::ActivateRules,
        "activate_rules",
        "send a ruleset out: shadow, canary, active",
        &[(Administrator, Region), (HostAdministrator, Region)],
    ),
    rule(
        Action::RollBackRules,
        "roll_back_rules",
        "take back a ruleset that is out or active",
        &[(Head, Region), (Curator, Region), (Administrator, Region), (HostAdministrator, Region)],
    ),
    rule(
        Action::SetRulesPolicy,
        "set_rules_policy",
        "say what the region demands before rules change",
        &[(Head, Region)],
    ),
    rule(
        Action::ReadFaults,
        "read_faults",
        "read faults of plug-ins with their stacks and last log lines, masked",
        &[(Administrator, Region), (Developer, Region), (Auditor, Region), (HostAdministrator, Region)],
    ),
    rule(
        Action::ReleaseQuarantined,
        "release_quarantined",
        "let a binding out of quarantine",
        &[(Head, Region), (Curator, Region), (Administrator, Region), (HostAdministrator, Region)],
    ),
    rule(
        Action::ManageAccounts,
        "manage_accounts",
        "make and change accounts and API tokens",
        &[(Administrator, Region), (HostAdministrator, Region)],
    ),
    rule(
        Action::ReportProgress,
        "report_progress",
        "say what became of appeals: reactions, answers, closings, marks",
        &[(Head, Region), (Intake, Region)],
    ),
    rule(
        Action::ReadIndicators,
        "read_indicators",
        "read indicators, measurements, targets and passports",
        &[
            (Operator, Region),
            (BlockLead, Region),
            (Head, Region),
            (Curator, Region),
            (Administrator, Region),
            (Developer, Region),
            (Media, Region),
            (Auditor, Region),
            (HostAdministrator, Region),
        ],
    ),
    rule(
        Action::MeasureIndicators,
        "measure_indicators",
        "ask for a measurement",
        &[(BlockLead, Region), (Head, Region), (Curator, Region), (Administrator, Region), (HostAdministrator, Region)],
    ),
    rule(
        Action::PreviewIndicators,
        "preview_indicators",
        "try an indicator plug-in on facts; nothing of it is kept",
        &[
            (BlockLead, Region),
            (Head, Region),
            (Administrator, Region),
            (Developer, Region),
            (HostAdministrator, Region),
        ],
    ),
    rule(
        Action::EnterIndicators,
        "enter_indicators",
        "load sets of mandatory indicators, enter values",
        &[(Head, Region), (Administrator, Region), (HostAdministrator, Region)],
    ),
    rule(Action::SetTargets, "set_targets", "set targets", &[(Head, Region), (Curator, Region)]),
    rule(
        Action::WritePassports,
        "write_passports",
        "write a passport of an indicator and hand it in",
        &[(BlockLead, Region), (Head, Region)],
    ),
    rule(Action::AgreePassports, "agree_passports", "agree to a passport (never its author)", &[(Head, Region)]),
    rule(
        Action::ApprovePassports,
        "approve_passports",
        "approve a passport (never its author or who agreed), put it into force, archive it",
        &[(Curator, Region)],
    ),
    rule(
        Action::RejectPassports,
        "reject_passports",
        "send a passport back to its author, with a reason",
        &[(Head, Region), (Curator, Region)],
    ),
    rule(
        Action::DecomposeOther,
        "decompose_other",
        "split categories off `other`, or decide that nothing is split",
        &[(BlockLead, Blocks), (Head, Region)],
    ),
    rule(Action::RateBodies, "rate_bodies", "set rules of rating, calculate ratings of bodies", &[(Head, Region)]),
    rule(Action::PublishRatings, "publish_ratings", "publish ratings of bodies, take them back", &[(Curator, Region)]),
    rule(
        Action::Export,
        "export",
        "write files of appeals, measurements and ratings, and fetch them (each is in the log)",
        &[(BlockLead, Blocks), (Head, Region), (Curator, Region), (Auditor, Region)],
    ),
    rule(
        Action::ReadAudit,
        "read_audit",
        "read the log (nobody can change it)",
        &[(Head, Region), (Curator, Region), (Administrator, Region), (Auditor, Region), (HostAdministrator, Region)],
    ),
    rule(
        Action::ReadHostAudit,
        "read_host_audit",
        "read the host's own log (an auditor of every region)",
        &[(Auditor, Host), (HostAdministrator, Host)],
    ),
    rule(
        Action::ExportPerson,
        "export_person",
        "export what the log holds about one person",
        &[(Head, Region), (Auditor, Region)],
    ),
    rule(Action::ErasePerson, "erase_person", "erase a person's data by an act", &[(Head, Region)]),
];

impl Action {
    /// Its row of the table.
    #[must_use]
    pub fn rule(self) -> Option<&'static Rule> {
        TABLE.iter().find(|rule| rule.action == self)
    }

    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.rule().map_or("", |rule| rule.code)
    }
}

impl Rule {
    /// The cell of a role: nothing, `blocks` where a grant may narrow it, `host` where it must be the whole host's, else
    /// `region`.
    #[must_use]
    pub fn cell(&self, role: Role) -> Option<&'static str> {
        self.reach(role).map(|reach| match reach {
            Reach::Host => "host",
            Reach::Region => "region",
            Reach::Blocks => "blocks",
        })
    }

    pub(super) fn reach(&self, role: Role) -> Option<Reach> {
        self.allowed.iter().find(|(allowed, _)| *allowed == role).map(|(_, reach)| *reach)
    }
}
