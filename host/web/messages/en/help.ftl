help-title = Help: { $role }
help-may = What one may do
help-keys = Keys in the list of appeals
help-roles = Help for other roles

help-operator = An operator works the queue of appeals. Category, body and terms are set by the region’s rules already; you check, correct and watch.
help-operator-1 = Open “Appeals” and choose “Need a person”: what the rules could not route by themselves.
help-operator-2 = Open an appeal. “Why?” shows which rules acted and which words decided.
help-operator-3 = If category or body are wrong, correct them and say why: the rules are improved by corrections.
help-operator-4 = Watch the terms: what is late says “over”, and a filter shows only that.

help-block-lead = A block lead answers for appeals, indicators and rules of a sector block.
help-block-lead-1 = Look at late appeals of the block, approve answers.
help-block-lead-2 = Write passports of additional indicators and hand them in.
help-block-lead-3 = Consent to changes of the block’s rules before they are enabled.

help-head = The head of the centre sees the work of the whole centre: queue, terms, indicators, load.
help-head-1 = Begin with what is late and what needs a person.
help-head-2 = Agree to passports of indicators; the curator approves them.
help-head-3 = Prepare the report to the governor once a month.

help-curator = The curator approves additional indicators and watches the mandatory ones.
help-curator-1 = Look at indicators: plan, fact, and what each number is made of.
help-curator-2 = Approve passports side by side with the mandatory indicator that they refer to.
help-curator-3 = Publish ratings of bodies after a look at how they were calculated.

help-administrator = The administrator enables plug-ins, prepares rulesets, keeps datasets and accounts.
help-administrator-1 = Look at a new release: what it may touch, who signed it.
help-administrator-2 = Bind it in a draft ruleset, try the draft on history and compare it with the active one.
help-administrator-3 = Send the draft out in shadow, then to a share of appeals, then to all. One button brings the earlier ruleset back.

help-developer = The developer writes the region’s rules and publishes releases of plug-ins.
help-developer-1 = Upload a release and see what is known of it: kinds, permissions, settings.
help-developer-2 = Try it on history with personal data masked.
help-developer-3 = Watch its faults: each has a stack and the last lines of its log.

help-media = Mass media sees what people write about, to answer in public.
help-media-1 = Look at appeals from social networks and their terms of first reaction.

help-auditor = The auditor reads the log and checks how decisions were made.
help-auditor-1 = Open an appeal and “Why?”: any decision of the rules can be run again and compared.
help-auditor-2 = The log cannot be changed: each entry holds the digest of the one before it.

help-host-administrator = The administrator of the host sets it up: regions, first accounts, rules.
help-host-administrator-1 = Make an administrator for each region.
