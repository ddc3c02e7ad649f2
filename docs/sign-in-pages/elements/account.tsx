import '@ory/elements-react/theme/styles.css';
import { Configuration, FrontendApi, ResponseError } from '@ory/client-fetch';
import { Login, Recovery, Registration, Settings, Verification } from '@ory/elements-react/theme';
import { createRoot } from 'react-dom/client';

// Elements sends forms and reads flows at `sdk.url`: the site, where Postern answers.
const config = {
  sdk: { url: location.origin },
  project: {
    name: 'Example',
    default_redirect_url: location.origin,
    login_ui_url: '/ui/login',
    registration_enabled: true,
    registration_ui_url: '/ui/registration',
    recovery_enabled: true,
    recovery_ui_url: '/ui/recovery',
    verification_enabled: true,
    verification_ui_url: '/ui/verification',
    settings_ui_url: '/ui/settings',
    error_ui_url: '/ui/error',
  },
};
const frontend = new FrontendApi(
  new Configuration({
    basePath: location.origin,
    credentials: 'include',
    headers: { Accept: 'application/json' },
  }),
);

const kind = location.pathname.split('/').at(-1) ?? '';
const query = new URLSearchParams(location.search);
const id = query.get('flow');

async function page(id: string) {
  switch (kind) {
    case 'registration':
      return <Registration config={config} flow={await frontend.getRegistrationFlow({ id })} />;
    case 'settings':
      return <Settings config={config} flow={await frontend.getSettingsFlow({ id })} />;
    case 'recovery':
      return <Recovery config={config} flow={await frontend.getRecoveryFlow({ id })} />;
    case 'verification':
      return <Verification config={config} flow={await frontend.getVerificationFlow({ id })} />;
    default:
      return <Login config={config} flow={await frontend.getLoginFlow({ id })} />;
  }
}

function begin() {
  query.delete('flow');
  location.replace(`/self-service/${kind}/browser?${query}`);
}

if (id === null) begin();
else {
  try {
    createRoot(document.body).render(await page(id));
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    const { redirect_browser_to: next } = await error.response.json();
    if (next) location.replace(next);
    else begin();
  }
}
