common-name = Veche
common-skip = Skip to the content
common-appearance = Language and theme
common-theme-auto = As the system
common-theme-light = Light
common-theme-dark = Dark
common-help = Help
common-sign-in = Sign in
common-sign-out = Sign out
common-navigation = Sections
common-save = Save
common-no-assets = The pages were built without their styles. Run “cargo xtask assets” and build the host again.

nav-queue = Appeals

home-title = Choose a region
home-nothing = There is nothing here for you yet
home-nothing-why = Your account exists, but its roles open no pages. Ask the centre’s administrator, who gives roles and blocks.

keys-move = next and previous appeal
keys-open = open the appeal
keys-mark = mark the appeal for a common action
keys-search = go to the search
keys-help = show these keys
