import { QueryClientProvider } from '@tanstack/react-query';
import { createBrowserRouter, RouterProvider } from 'react-router';
import { createQueryClient } from './api/queries.ts';
import { CrashedPage } from './frame/crashed-page.tsx';
import { Frame } from './frame/frame.tsx';
import { Loading } from './parts/loading.tsx';
import { SERVICES, type Service } from './services.ts';

const PAGES: Readonly<Record<Service['path'], () => Promise<{ Component: React.ComponentType }>>> = {
  '/scheda-anagrafica': async () => ({ Component: (await import('./pages/record-page.tsx')).RecordPage }),
  '/conto-corrente-virtuale': async () => ({ Component: (await import('./pages/account-page.tsx')).AccountPage }),
  '/comunicazioni-assenze': async () => ({ Component: (await import('./pages/absences-page.tsx')).AbsencesPage }),
  '/documenti-contabili': async () => ({ Component: (await import('./pages/documents-page.tsx')).DocumentsPage }),
  '/pagamento-servizi-scolastici': async () => ({
    Component: (await import('./pages/payments-page.tsx')).PaymentsPage,
  }),
  '/ricariche-pagopa': async () => ({ Component: (await import('./pages/top-ups-page.tsx')).TopUpsPage }),
  '/refezione-scolastica': async () => ({ Component: (await import('./pages/canteen-page.tsx')).CanteenPage }),
};

const queries = createQueryClient();

// Every page is a chunk of its own: the first visit loads the frame and one page.
const router = createBrowserRouter([
  {
    path: '/',
    Component: Frame,
    ErrorBoundary: CrashedPage,
    HydrateFallback: Loading,
    children: [
      {
        ErrorBoundary: CrashedPage,
        children: [
          { index: true, lazy: async () => ({ Component: (await import('./pages/hub-page.tsx')).HubPage }) },
          { path: 'accedi', lazy: async () => ({ Component: (await import('./pages/sign-in-page.tsx')).SignInPage }) },
          {
            path: 'accedi/identita-digitale',
            lazy: async () => ({ Component: (await import('./pages/digital-identity-page.tsx')).DigitalIdentityPage }),
          },
          ...SERVICES.map((service) => ({ path: service.path, lazy: PAGES[service.path] })),
          ...(['imprese', 'altri-enti', 'servizi', 'accessibilita', 'privacy', '*'] as const).map((path) => ({
            path,
            lazy: async () => ({ Component: (await import('./pages/plain-pages.tsx')).plainPages[path] }),
          })),
        ],
      },
    ],
  },
]);

/** The portal: one cache of answers, one router. */
export function App() {
  return (
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  );
}
