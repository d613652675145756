# The whole program: the server, what browsers load, and a gateway project to start from.

FROM node:22-bookworm-slim AS node

FROM rust:1-bookworm AS build
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
WORKDIR /source
COPY . .
# Installs cargo-leptos and what else it needs, then makes target/release/gatehouse and target/site-release.
RUN make build

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home gatehouse
WORKDIR /app
COPY --from=build /source/target/release/gatehouse /usr/local/bin/gatehouse
COPY --from=build /source/target/site-release site
COPY config config
ENV LEPTOS_SITE_ROOT=site LEPTOS_SITE_ADDR=0.0.0.0:3000 GATEHOUSE_LOG_FORMAT=json
# The application, and the gateway alone.
EXPOSE 3000 9000
USER 10001
ENTRYPOINT ["gatehouse"]
