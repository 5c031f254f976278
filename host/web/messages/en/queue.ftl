queue-title = Appeals
queue-empty = No appeals
queue-empty-new = When the first appeal comes to the region it appears here, with category, body and terms.
queue-empty-filter = Nothing fits these conditions. Remove some of them, or reset all.
queue-received = Received
queue-text = Appeal
queue-category = Category
queue-body = Body
queue-due = Term
queue-state = State
queue-next = Next page
queue-first = To the first page
queue-no-category = no category
queue-no-body = nobody yet
queue-close = Close
queue-keys = Keys
queue-tabs = State of the appeals
queue-tab-all = All
queue-tab-review = Need a person
queue-tab-overdue = Late
queue-search = Search by text, address and number
queue-search-hint = Words of the text, address or number
queue-block = Block
queue-block-any = All blocks
queue-category-any = All categories
queue-body-any = All bodies
queue-municipality = Municipality
queue-municipality-any = All municipalities
queue-channel = Channel
queue-channel-any = All channels
queue-find = Find
queue-reset = Reset
queue-check = Check
queue-more-questions = { $count ->
    [one] and { $count } more question
   *[other] and { $count } more questions
}
queue-news = { $count ->
    [one] Show { $count } new appeal
   *[other] Show { $count } new appeals
}
queue-news-many = Show more than 99 new appeals
queue-view-keep = Keep this view
queue-view-label = Name of the view
queue-view-forget = Forget the view “{ $name }”
queue-view-kept = The view is kept.
queue-view-forgotten = The view is forgotten.
queue-view-name = The view was not kept: its name must have 1 to 60 characters.
queue-view-many = The view was not kept: there may be twenty. Forget one that is not needed.
queue-mark = Mark
queue-mark-one = Mark: { $text }
queue-bulk = Correct what is marked
queue-marked = marked
queue-bulk-do = Correct
queue-bulk-nothing = No appeal is marked: mark some in the list.
queue-bulk-no-change = Nothing was changed: choose a new category or a new body.
queue-bulk-no-reason = Nothing was changed: say why, the reason is kept with the appeal.
queue-bulk-done = { $count ->
    [one] { $count } appeal is corrected.
   *[other] { $count } appeals are corrected.
}
queue-bulk-left = { $count ->
    [one] { $count } appeal was not changed: it is answered, holds several questions, or somebody else changed it just now. The others are corrected.
   *[other] { $count } appeals were not changed: they are answered, hold several questions, or somebody else changed them just now. The others are corrected.
}
