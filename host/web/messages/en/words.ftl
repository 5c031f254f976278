words-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
words-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
words-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
words-bytes = { $size } bytes
words-kilobytes = { $size } KB
words-megabytes = { $size } MB
words-left = { $span } left
words-over = { $span } over
words-month-of-1 = January
words-month-of-2 = February
words-month-of-3 = March
words-month-of-4 = April
words-month-of-5 = May
words-month-of-6 = June
words-month-of-7 = July
words-month-of-8 = August
words-month-of-9 = September
words-month-of-10 = October
words-month-of-11 = November
words-month-of-12 = December
words-month-1 = January
words-month-2 = February
words-month-3 = March
words-month-4 = April
words-month-5 = May
words-month-6 = June
words-month-7 = July
words-month-8 = August
words-month-9 = September
words-month-10 = October
words-month-11 = November
words-month-12 = December

role-operator = Operator
role-block-lead = Block lead
role-head = Head of the centre
role-curator = Curator
role-administrator = Administrator of the region
role-developer = Developer
role-media = Mass media
role-auditor = Auditor
role-intake = Intake (machine)
role-host-administrator = Administrator of the host

state-received = Received
state-needs-person = Needs a person
state-assigned = Assigned
state-in-progress = In progress
state-answered = Answered
state-closed = Closed

priority-low = Low
priority-normal = Normal
priority-high = High
priority-urgent = Urgent

clock-registration = Registration
clock-forwarding = Forwarding
clock-first-reaction = First reaction
clock-answer = Answer
clock-extension = Answer after extension

source-plugin = by the rules
source-default = by default
source-person = by a person

applicant-citizen = Citizen
applicant-foreign-citizen = Foreign citizen
applicant-stateless = Stateless person
applicant-compatriot-abroad = Compatriot abroad
applicant-legal-entity = Organisation

channel-pos = Feedback platform (POS)
channel-social = Social networks
channel-max = MAX
channel-reception = Reception
channel-phone = Phone
channel-email = E-mail
channel-letter = Letter
channel-portal = Portal

regime-59fz = Appeal under 59-FZ
regime-pos = POS message
regime-pos-fast = POS message, fast track
regime-social = Social-network message
regime-none = No legal regime

action-use-own-account = see one’s own account, sign out, change one’s own password
action-read-dictionaries = see blocks, categories, bodies and municipalities
action-take-in = take appeals in
action-read-appeals = read appeals and decisions, with personal data masked
action-read-personal-data = open the applicant’s data (each look is in the log)
action-correct = correct category and body
action-draft-answers = draft answers
action-approve-answers = approve answers, extend terms
action-follow-up = note reactions, closings, reopenings and marks
action-replay = run a stored decision again
action-read-rules = see releases and rulesets
action-upload-release = upload a release
action-upload-dataset = upload a version of a dataset
action-remove-release = yank and delete releases
action-give-plugin-name = say who owns the name of a plug-in
action-draft-rules = write and check drafts of rulesets
action-backtest-rules = try drafts on stored history, masked
action-consent-to-rules = consent to changes of the rules of one’s block
action-activate-rules = send a ruleset out: shadow, canary, active
action-roll-back-rules = take a ruleset back
action-set-rules-policy = say what the region demands before rules change
action-read-faults = read faults of plug-ins with stack and log, masked
action-release-quarantined = let a plug-in out of quarantine
action-manage-accounts = make and change accounts and API tokens
action-report-progress = say what became of appeals: reactions, answers, closings, marks
action-read-indicators = see indicators, measurements, targets and passports
action-measure-indicators = ask for measurements
action-preview-indicators = try an indicator plug-in on data; nothing is kept
action-enter-indicators = load sets of mandatory indicators, enter values
action-set-targets = set targets
action-write-passports = write passports and hand them in
action-agree-passports = agree to passports (never one’s own)
action-approve-passports = approve passports, put them into force, archive them
action-reject-passports = send a passport back with a remark
action-decompose-other = split categories off “other”
action-rate-bodies = set rules of rating, calculate ratings
action-publish-ratings = publish ratings and take them back
action-export = export appeals, measurements and ratings (each is in the log)
action-read-audit = read the log (nobody can change it)
action-read-host-audit = read the host’s log
action-export-person = export what the log holds about one person
action-erase-person = erase a person’s data by an act
