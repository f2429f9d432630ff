# Builds the binary with all pages and migrations inside, then copies it into an image that has only its libraries.
# `make image` builds it with Debian's buildah, without a Docker engine, and checks the result.

FROM swift:6.2-bookworm AS build
WORKDIR /source
# Files that seldom change come first, so that their layers stay cached.
COPY Makefile ./
COPY scripts scripts
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make \
    && scripts/setup build \
    && rm -rf /var/lib/apt/lists/*
COPY Package.swift ./
COPY Contract Contract
COPY Migrations Migrations
COPY Web Web
COPY Sources Sources
# The package manager refuses a manifest whose test targets have no folder.
COPY Tests Tests
RUN make build && strip -o collector .build/release/collector

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libsqlite3-0 libpq5 libssl3 zlib1g libbrotli1 libpcre2-8-0 libmaxminddb0 tzdata curl ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin collector \
    && install --directory --owner collector --group collector --mode 0700 /data
COPY --from=build /source/collector /usr/local/bin/collector
USER collector
WORKDIR /data
ENV HOST=0.0.0.0 PORT=5000 COLLECTOR_DATA=/data
VOLUME /data
EXPOSE 5000
STOPSIGNAL SIGTERM
# A certificate is for the address of browsers, not for this one.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD curl --fail --silent --show-error --insecure "http${COLLECTOR_TLS_CERTIFICATE:+s}://127.0.0.1:${PORT}/health" || exit 1
ENTRYPOINT ["collector"]
CMD ["serve"]
