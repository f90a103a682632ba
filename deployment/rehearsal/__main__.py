"""Follow the Dockerfile into ``.local/rehearsal``, say how large each layer is, run the result, clean up."""

import os
import shutil
import sys
import time

from deployment.launcher import servers, state
from deployment.launcher.paths import LOCAL, RUN
from deployment.launcher.talk import Problem, say
from deployment.rehearsal.build import Builder, Image, megabytes, shortened
from deployment.rehearsal.dockerfile import Unknown
from deployment.rehearsal.serve import Rehearsal
from deployment.tree import ROOT

PLACE = LOCAL / "rehearsal"


def main() -> int:
    """0 when the image was built and ran; 1 with what was wrong."""
    started = time.monotonic()
    lock = state.Lock(RUN / "rehearsal.lock")
    RUN.mkdir(parents=True, exist_ok=True)
    if not lock.take():
        say("Another rehearsal is under way in this checkout.")
        return 1
    try:
        shutil.rmtree(PLACE, ignore_errors=True)
        PLACE.mkdir(parents=True)
        builder = Builder(ROOT, PLACE, say)
        image = builder.build()
        tell_size(image)
        limits()
        with servers.running(servers.passing()) as private:
            Rehearsal(image, builder, private, PLACE, lambda line: say(f"· {line}")).whole()
    except (Problem, Unknown) as wrong:
        say(f"\n{wrong}")
        return 1
    finally:
        shutil.rmtree(PLACE, ignore_errors=True)
        lock.free()
    say(f"The image is as it should be ({time.monotonic() - started:.0f} s).")
    return 0


def tell_size(image: Image) -> None:
    """Layer by layer; bytes of file content."""
    say("\nThe image, without its base:")
    for layer in image.layers:
        if layer.size:
            say(f"  {shortened(layer.step):<72}{megabytes(layer.size)}")
    say(f"  {'in all':<72}{megabytes(image.size)}\n")


def limits() -> None:
    """What a rehearsal on this machine cannot show."""
    say(
        "· the base image is not here: this machine's Python and libraries stand in for it, and have no size above"
    )
    if os.geteuid() != 0:
        say("· not root here: the image runs as this user in a namespace of its own, not as another user")


if __name__ == "__main__":
    sys.exit(main())
