// After a sign-in on this page, sets its access token as the "Authorize" value; removes it after sign-out.
window.addEventListener('load', () => {
  const signsIn = /\/auth\/(login|login\/challenge|passkeys|register|refresh)$/;
  const signsOut = /\/auth\/logout$/;
  const ui = window.ui;

  ui.getConfigs().responseInterceptor = (response) => {
    const path = new URL(response.url, window.location.href).pathname;
    if (response.ok && signsIn.test(path) && response.obj?.accessToken) {
      // Does the same as the form of the "Authorize" button; the token survives a reload of the page.
      const schema = ui.specSelectors.specJson().getIn(['components', 'securitySchemes', 'Bearer']);
      ui.authActions.authorizeWithPersistOption({ Bearer: { name: 'Bearer', schema, value: response.obj.accessToken } });
    } else if (response.ok && signsOut.test(path)) {
      ui.authActions.logoutWithPersistOption(['Bearer']);
    }
    return response;
  };
});
