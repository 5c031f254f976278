sign-in-title = Вход
sign-in-login = Логин
sign-in-password = Пароль
sign-in-button = Войти
sign-in-or = или
sign-in-oidc = Войти через внешнюю систему
sign-in-wrong = Логин или пароль не подходят. Проверьте раскладку клавиатуры и клавишу Caps Lock.
sign-in-locked = { $count ->
    [one] Слишком много неверных паролей. Вход откроется через { $count } минуту.
    [few] Слишком много неверных паролей. Вход откроется через { $count } минуты.
   *[other] Слишком много неверных паролей. Вход откроется через { $count } минут.
}
sign-in-signed-out = Вы вышли.
sign-in-kept-title = Сеанс закончился.
sign-in-kept-ready = Отправить введённое?
sign-in-kept-text = То, что вы ввели, сохранено на этой странице и ещё не отправлено.
sign-in-kept-send = Отправить
sign-in-kept-elsewhere = Уже вошли в другой вкладке?
sign-in-kept-go-on = Продолжить
