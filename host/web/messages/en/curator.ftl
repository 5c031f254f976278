nav-indicators = Indicators
nav-exports = Reports and exports

curator-sections = Pages of indicators
curator-section-indicators = Indicators
curator-section-passports = Passports
curator-section-ratings = Rating
curator-section-workload = Workload
curator-section-categories = Categories
curator-section-municipalities = Municipalities

curator-kind-day = Day
curator-kind-week = Week
curator-kind-month = Month
curator-kind-quarter = Quarter
curator-kind-year = Year
curator-quarter = { $quarter } quarter { $year }
curator-year = { $year }
curator-year-short = Year
curator-period = Period
curator-period-before = Previous period
curator-period-after = Next period
curator-period-kind = Kind of period
curator-period-day = Any day of the period
curator-period-show = Show
curator-period-running = still running
curator-before = Previous
curator-after = Next

curator-indicators-title = Indicators
curator-indicator = Indicator
curator-show-all = All
curator-show-official = Official
curator-show-preliminary = Preliminary
curator-official = official
curator-preliminary = preliminary
curator-group-mandatory = Mandatory
curator-group-additional = Additional
curator-group-built-in = For watching
curator-origin = Where the value comes from
curator-origin-formula = counted from appeals
curator-origin-entered = entered from a source
curator-origin-plugin = computed by a plug-in
curator-fact = Fact
curator-plan = Plan
curator-plan-of = plan of { $period }
curator-change = Change
curator-made-of = Numerator / denominator
curator-made-of-hint = Each value stands with what it was made of: numerator, denominator and how many questions its definition leaves out. Follow them to see the appeals.
curator-numerator = Numerator
curator-denominator = Denominator
curator-excluded = Left out
curator-light-green = reached
curator-light-yellow = close
curator-light-red = missed
curator-not-measured = not measured
curator-nothing-measured = There are no values for { $period }
curator-nothing-measured-do = The schedule measures a period once it is over. If you need the values now, choose “Measure”.
curator-nothing-measured-wait = The schedule measures a period once it is over. Choose another period, or ask the head of the centre to measure this one.
curator-binding-fault = A plug-in does not answer: { $fault }

curator-measure = Measure
curator-measure-again = Measure again
curator-job-waiting = Waiting
curator-job-running = Running
curator-job-done = Done
curator-job-cancelled = Cancelled
curator-job-failed = Failed
curator-job-progress = How much is done
curator-job-refresh = Refresh
curator-job-cancel = Cancel
curator-job-results = Show the values
curator-job-faults = { $count ->
    [one] { $count } indicator could not be measured
   *[other] { $count } indicators could not be measured
}
curator-job-over = There is nothing to cancel: it is over.
curator-job-was-cancelled = The measurement was cancelled. What had been measured stays.

curator-trend = Trend
curator-trend-label = Chart: { $title }. The same numbers stand in the table below.
curator-trend-table = Table of values
curator-parts = Breakdown
curator-part = Part
curator-bar = Comparison
curator-parts-none = There are no parts for this period. Measure it, or choose another.
curator-by-block = Block
curator-by-category = Category
curator-by-body = Body
curator-by-municipality = Municipality
curator-by-channel = Channel
curator-whole-region = Whole region
curator-about = About
curator-code = Code
curator-release = Release
curator-ruleset = ruleset
curator-function = Function of the centre
curator-unit = Unit
curator-better = Better when
curator-better-more = more
curator-better-less = less
curator-better-none = neither
curator-deadline = To be reached by
curator-basis = Basis
curator-unit-appeals = questions
curator-unit-hours = h
curator-function-feedback = Feedback
curator-function-monitoring = Monitoring and response
curator-function-training = Training
curator-function-competences = Competences
curator-function-sociology = Sociology
curator-function-informing = Informing
curator-function-processes = Processes
curator-cut-off = as known at { $at }
curator-revision = Revision
curator-revisions = Revisions of this period
curator-revisions-none = There are none yet.
curator-revision-newest = current
curator-from-source = Source: { $source }
curator-target = Target
curator-target-hint = An empty field takes the target back.
curator-target-set = The target is set.
curator-target-taken = The target is taken back.
curator-target-of = Target: { $name }
curator-targets-save = Save the targets
curator-targets-of = Targets of { $period }. An empty field takes a target back.
curator-targets-set = The targets are saved.

curator-behind-title = What is behind the number
curator-behind-sides = Sides of the number
curator-behind-count = { $count ->
    [one] { $count } question is found.
   *[other] { $count } questions are found.
}
curator-behind-measured = In the measurement: { $number }.
curator-behind-differs = The numbers differ: appeals have changed since the measurement. Measure again to see the value of today.
curator-behind-narrowed = You see the questions of your blocks alone; the measurement is of the whole region.
curator-behind-opaque = The value is computed by a plug-in or was entered: which questions are in its numerator is not known here. Below are the questions received in the period.
curator-behind-none = There are no such questions
curator-behind-none-why = Nothing was found in this side of the number. Look at another side or period.
curator-received = Received
curator-question = Appeal
curator-question-number = question { $count }
curator-questions = Questions
curator-due = Due
curator-answered = Answered
curator-mark = Mark
curator-no-text = No text

curator-values-title = Enter values
curator-values-why = Some mandatory indicators are not counted from appeals but come from other systems. Each such value has its source and that source’s date.
curator-values-none = There is nothing to enter
curator-values-none-why = The set in force has no indicator that is entered. An administrator loads the set.
curator-values-one = One value
curator-values-file = Many values from a file
curator-values-file-label = CSV, XLSX or JSON file
curator-values-file-hint = Columns: indicator, first, last, value, source, source_date and, where known, numerator, denominator. Rows with faults are left out and listed.
curator-values-import = Import
curator-values-entered = Entered values
curator-values-entered-none = Nothing was entered yet.
curator-value = Value
curator-value-enter = Enter the value
curator-value-entered = The value is entered.
curator-value-known = The same value was entered before.
curator-first-day = First day of the period
curator-last-day = Last day of the period
curator-source = Source
curator-source-date = Date of the source
curator-by = Who and when
curator-choose = Choose
curator-imported-new = { $count ->
    [one] { $count } new value was entered.
   *[other] { $count } new values were entered.
}
curator-imported-known = { $count ->
    [one] { $count } value was known.
   *[other] { $count } values were known.
}
curator-imported-rejected = Rows that were left out:
curator-imported-more = { $count ->
    [one] And { $count } row more.
   *[other] And { $count } rows more.
}

curator-passports-title = Passports of additional indicators
curator-passport = Passport
curator-passport-new-title = New passport
curator-passport-edit-title = Passport: draft
curator-passports-none = There are no passports yet
curator-passports-none-why = An additional indicator becomes official once the curator approves its passport. A block’s lead or the head of the centre writes it.
curator-passport-yours = waits for you
curator-author = Author
curator-agreed-by = Agreed by
curator-approved-by = Approved by
curator-changed = Changed
curator-passport-draft = Draft
curator-passport-submitted = Submitted
curator-passport-agreed = Agreed
curator-passport-approved = Approved
curator-passport-active = Active
curator-passport-archived = Archived
curator-passport-errors = { $count ->
    [one] The passport has { $count } fault
   *[other] The passport has { $count } faults
}
curator-passport-warnings = Worth a look
curator-passport-digest = Digest of the content
curator-passport-mend = Mend what is marked at the fields. A draft can be kept with faults, but the years of the plan and the base value must already be numbers.
curator-passport-kept = The draft is kept and has no faults.
curator-passport-kept-with-faults = The draft is kept. Mend what is marked before you submit it.
curator-passport-fixed = The passport was handed in and is not changed any more. Write a new one for another text.
curator-passport-save = Save the draft
curator-cancel = Do not save
curator-edit = Edit
curator-document = Download DOCX
curator-passport-what = Indicator and basis
curator-passport-plan = Plan and deadline
curator-passport-how = Characteristics and method
curator-passport-links = Links to mandatory indicators
curator-field-indicator = Indicator of a plug-in
curator-field-release = Release
curator-field-title = Name
curator-field-basis-project = Project
curator-field-basis-result = Wording of the project’s result
curator-field-owner = Owner
curator-field-blocks = Blocks
curator-field-justification = Justification
curator-field-from = First year of the plan
curator-field-to = Last year of the plan
curator-field-years = Years of the plan
curator-field-plan = Plan by year
curator-field-deadline = Deadline
curator-field-qualitative = Qualitative characteristics
curator-field-quantitative = Quantitative characteristics
curator-field-quantitative-text = Quantitative characteristics
curator-field-quantitative-unit = Unit
curator-field-base = Base value
curator-field-decimals = Decimal places
curator-field-method = Method
curator-field-links = Links
curator-field-links-indicator = Mandatory indicator, link
curator-field-links-characteristics = How it serves the mandatory one
curator-field-links-date = Date of the mandatory one
curator-hint-title = The name is the wording of the result, word for word (clause 22).
curator-hint-blocks = If none is chosen, the passport is of the whole region.
curator-hint-refine = The characteristics refine the name and do not repeat it.
curator-hint-method = Source of data, numerator, denominator, when it is counted again.
curator-hint-links = At least one link is needed. Its date is that of the mandatory indicator in the set in force.
curator-link-number = Link { $count }
curator-link-none = No link
curator-plan-year = Year, row { $count }
curator-plan-value = Value, row { $count }
curator-date-shape = ДД.ММ.ГГГГ
curator-served = Mandatory indicator that it serves
curator-served-none = The passport is linked to no mandatory indicator.
curator-served-unknown = The set in force has no indicator “{ $code }”.
curator-served-deadline = Deadline of the set
curator-served-no-deadline = the set names none
curator-served-same-date = the same
curator-served-other-date = not that of the set
curator-served-late = the passport’s deadline is later
curator-decision = Decision
curator-history = History
curator-reason = Reason
curator-step-submit = Submit
curator-step-submit-sure = Submit the passport? Its text is not changed after that.
curator-step-agree = Agree
curator-step-agree-sure = Agree to the passport?
curator-step-approve = Approve
curator-step-approve-sure = Approve exactly this text of the passport?
curator-step-activate = Put into force
curator-step-activate-sure = Put into force? The indicator’s values become official.
curator-step-reject = Send back
curator-step-archive = Archive
curator-done-written = Written
curator-done-submit = Submitted
curator-done-agree = Agreed
curator-done-approve = Approved
curator-done-activate = Put into force
curator-done-reject = Sent back
curator-done-archive = Archived
curator-was-submit = The passport is submitted.
curator-was-agree = The passport is agreed. The curator approves it.
curator-was-approve = The passport is approved.
curator-was-activate = The passport is in force: the values are official from the next measurement.
curator-was-reject = The passport is sent back to its author.
curator-was-archive = The passport is archived.
curator-barred-faults = The passport goes no further while it has faults. They are listed on this page.
curator-barred-author = You wrote this passport: somebody else agrees and approves it.
curator-barred-agreed = You agreed to this passport: somebody else approves it.
curator-barred-not-author = This draft is somebody else’s: its author submits it.

curator-ratings-title = Rating of bodies
curator-rating-title = Rating of bodies
curator-rating-rules = How the rating is made
curator-rating-rules-version = Rules { $version }.
curator-rating-threshold = { $count ->
    [one] Bodies with at least { $count } question in the period are rated.
   *[other] Bodies with at least { $count } questions in the period are rated.
}
curator-rating-no-rules = There are no rules of rating for this period. The head of the centre sets them.
curator-criterion = Criterion
curator-criterion-quantity = Quantity
curator-criterion-quality = Quality
curator-criterion-speed = Speed
curator-criterion-completeness = Completeness
curator-criterion-none = no data
curator-weight = Weight
curator-scale = From 0 to 100 points
curator-zone-green = green zone
curator-zone-yellow = yellow zone
curator-zone-red = red zone
curator-zone-from = from { $points }
curator-rating-calculate = New calculation
curator-rating-calculate-why = Earlier calculations stay. The curator publishes.
curator-rating-calculate-for = Calculate for { $period }
curator-rating-calculated = The rating is calculated.
curator-ratings-none = There are no ratings yet
curator-ratings-none-why = The head of the centre calculates a rating and the curator publishes it. Then it stands here.
curator-state = State
curator-rated = Rated
curator-not-rated = Not rated
curator-rating-best = First place
curator-rating-draft = Not published
curator-rating-published = Published
curator-rating-withdrawn = Withdrawn
curator-rating-publish = Publish
curator-rating-publish-sure = Publish the rating? Everybody in the region will see it.
curator-rating-withdraw = Withdraw
curator-rating-withdraw-sure = Withdraw the rating?
curator-rating-was-published = The rating is published.
curator-rating-was-withdrawn = The rating is withdrawn.
curator-rating-moved = Somebody else has changed the state of the rating.
curator-rating-empty = There is nobody to rate
curator-rating-empty-why = No body had a question in the period. Choose another one.
curator-place = Place
curator-place-shared = shared
curator-score = Score
curator-why-score = Why this score

curator-workload-title = Workload and staff
curator-workload-wanted = Wanted load, %
curator-workload-count = Count
curator-workload-load = Load
curator-workload-over = overloaded
curator-workload-work = Work / staff time
curator-workload-staff = Staff
curator-workload-needed = Needed
curator-workload-proposal = Proposal
curator-workload-hint = Load: questions × minutes of one ÷ working time of the staff. The working time of one person is that of the production calendar.
curator-workload-none = There is nothing to count the load by
curator-workload-none-why = The set of indicators names neither the time of one question nor the staff of the blocks. An administrator loads them with the set.

curator-categories-title = Categories and targets
curator-other = other
curator-tasks = Decomposition of “other”
curator-tasks-why = In these blocks “other” is over the threshold. See what people write about and split new categories off (clause 20).
curator-task-open = open
curator-task-accepted = accepted
curator-task-dismissed = dismissed
curator-task-share = “other” { $share }
curator-task-threshold = threshold { $threshold }
curator-task-read = { $count ->
    [one] { $count } question read
   *[other] { $count } questions read
}
curator-decomposition-title = Decomposition of “other”
curator-splits = What could be split off
curator-splits-none = No common words were found that would make a category.
curator-split-appeals = { $count ->
    [one] { $count } appeal
   *[other] { $count } appeals
}
curator-split-examples = examples
curator-category-name = Name
curator-category-name-en = English name
curator-valid-from = In force from
curator-accept = Split the filled-in categories off
curator-accept-hint = New categories make a new version of the dictionaries. The next ruleset decides by them.
curator-dismiss = Split nothing off
curator-terms = Frequent words
curator-terms-why = Words that are more frequent in “other” than in the rest of the block.
curator-term = Word
curator-term-appeals = Appeals
curator-task-over = Somebody else has decided already.
curator-task-was-accepted = The categories are split off: there is a new version of the dictionaries.
curator-task-was-dismissed = Nothing is split off.

curator-municipalities-title = Municipalities
curator-municipalities-hint = Follow a column’s name to sort by it. A bar is green where the value is no worse than the region’s, red where it is.

curator-exports-title = Reports and exports
curator-exporters-none = There is nothing to export with
curator-exporters-none-why = The active ruleset has no exporter. An administrator enables one.
curator-export-new = New file for { $period }
curator-export-format = What to make
curator-export-make = Make the file
curator-export-more = Language and options
curator-export-language = Language of titles
curator-export-language-region = The region’s
curator-export-options = Options
curator-export-options-hint = One a line: name=value. list=yes, for example, adds every question to the report to the governor.
curator-subject-appeals = a row for each question of the period
curator-subject-measurements = measured values of the period
curator-subject-ratings = published ratings of the period
curator-exports-none = There are no files yet
curator-exports-none-why = Choose a period and what to make. The file will stand here.
curator-exports-made = Files
curator-export-title = File
curator-export-file = File
curator-export-rows = Rows
curator-export-size = Size
curator-export-until = Kept until
curator-export-ready = Ready
curator-export-gone = Deleted
curator-export-gone-why = Its time is over and the file was deleted. Make it again.
curator-export-personal = personal data
curator-export-download = Download
curator-export-asked = The file is being made.
curator-export-was-cancelled = The export was cancelled; nothing of it stays.
curator-export-blocks = blocks alone: { $blocks }
curator-export-skipped = { $count ->
    [one] { $count } row left out
   *[other] { $count } rows left out
}
curator-preview-title = Preview
curator-preview-back = Back to the file
curator-preview-sheet = sheet “{ $sheet }”
curator-preview-logged = the look is in the log
curator-preview-more = This is the beginning of the file.
curator-preview-none = This file cannot be shown here
curator-preview-none-why = Tables and texts have a preview. Download the file to open it in a program of its own.
curator-bytes = { $size } B
curator-kib = { $size } KB
curator-mib = { $size } MB

curator-wrong-future = This period has not begun: there is nothing to count.
curator-wrong-upside-down = The last day is before the first.
curator-wrong-period = There is no such period: give days between 2000 and 2100.
curator-wrong-unknown = There is no “{ $code }”. Reload the page and choose from the list.
curator-wrong-changed = Somebody else has changed this meanwhile. Open it again and repeat your change; your text is in the form below.
curator-wrong-number = A number is needed, 85 or 85.5 for example.
curator-wrong-date = A date is needed.
curator-wrong-choose = Choose from the list.
curator-wrong-source = Name the source, in at most 500 characters.
curator-wrong-source-date = The date of the source is in the future.
curator-wrong-file = The file cannot be read: a CSV, XLSX or JSON file that is not empty is needed.
curator-wrong-table = The file cannot be read: { $reason }
curator-wrong-year = Write the years in digits, 2026 for example.
curator-wrong-plan = The plan needs a year and a number: “{ $year }”, “{ $value }”.
curator-wrong-target-number = “{ $value }” is no number. Nothing was saved.
curator-wrong-target = The wanted load is a number from 10 to 150.
curator-wrong-value = A number is needed.
curator-wrong-reason = Say why, in 1 to 2,000 characters.
curator-wrong-rules = There are no rules of rating for this period.
curator-wrong-passport-state = Somebody else has made this step: look at the passport’s state.
curator-wrong-alone = This step is another person’s: the author neither agrees nor approves, and who agreed does not approve.
curator-wrong-category = Category “{ $code }” needs a code like block.word (latin) and a name.
curator-wrong-categories = Fill in code and name of at least one category.
curator-wrong-valid-from = A category is in force from today or later: history is not rewritten.
curator-wrong-options = Options are written one a line: name=value.
curator-wrong-personal = The file holds applicants’ personal data: it is for those who may open them.
