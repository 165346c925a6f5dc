import { useEffect, useRef } from 'react';
import { Outlet, useLocation, useNavigation } from 'react-router';
import { LoadingAnnouncer } from '../parts/loading.tsx';
import { TEXTS } from '../texts.ts';
import { Footer } from './footer.tsx';
import { TownHeader } from './town-header.tsx';

/** What every page stands in: header, content, footer. */
export function Frame() {
  const navigation = useNavigation();
  useFocusOnRouteChange();
  return (
    <>
      <div className="skiplinks">
        <a className="visually-hidden-focusable" href="#contenuto">
          {TEXTS.frame.skipToContent}
        </a>
      </div>
      <LoadingAnnouncer />
      <TownHeader />
      <main id="contenuto" className="container" tabIndex={-1} aria-busy={navigation.state === 'loading'}>
        <Outlet />
      </main>
      <Footer />
    </>
  );
}

/** A page reached by a link begins at its title, for eyes, keyboard and screen reader alike; new filters on the same page leave the focus. */
function useFocusOnRouteChange(): void {
  const { pathname } = useLocation();
  const earlier = useRef(pathname);
  useEffect(() => {
    if (earlier.current === pathname) return;
    earlier.current = pathname;
    window.scrollTo({ top: 0 });
    document.getElementById('page-title')?.focus({ preventScroll: true });
  }, [pathname]);
}
