sign-in-title = Sign in
sign-in-login = Login
sign-in-password = Password
sign-in-button = Sign in
sign-in-or = or
sign-in-oidc = Sign in at the provider
sign-in-wrong = Login or password do not fit. Check the keyboard layout and Caps Lock.
sign-in-locked = { $count ->
    [one] Too many wrong passwords. You can try again in { $count } minute.
   *[other] Too many wrong passwords. You can try again in { $count } minutes.
}
sign-in-signed-out = You are signed out.
sign-in-kept-title = The session is over.
sign-in-kept-ready = Send what you typed?
sign-in-kept-text = What you typed is kept on this page and has not been sent yet.
sign-in-kept-send = Send
sign-in-kept-elsewhere = Signed in in another tab already?
sign-in-kept-go-on = Go on
