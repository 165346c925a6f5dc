import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import 'bootstrap-italia/dist/css/bootstrap-italia.min.css';
import './fonts.css';
import './portal.css';
import { App } from './app.tsx';
import { LANGUAGE } from './texts.ts';

// A browser may bring back a page as it stood when it was left, with data on it or a sign-in half done: it is loaded anew.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) window.location.reload();
});

document.documentElement.lang = LANGUAGE;
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
