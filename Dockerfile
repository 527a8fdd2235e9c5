# A drop-in for the nginx image: the same entry point contract, paths, user, logs and signals (docs/OPERATIONS.md).
# deploy/test-image runs these very steps without Docker; it understands what is used here and refuses the rest.

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY deploy/install-packages deploy/install-packages
RUN deploy/install-packages build
COPY . .
RUN deploy/build release drishti \
    && strip --strip-debug -o /drishti build/release/drishti

FROM debian:bookworm-slim
RUN groupadd --system --gid 101 nginx \
    && useradd --system --uid 101 --gid nginx --no-create-home --home-dir /nonexistent --shell /bin/false nginx
COPY deploy/install-packages /tmp/install-packages
RUN /tmp/install-packages image \
    && rm -rf /tmp/install-packages /var/lib/apt/lists/* /var/cache/apt/archives/*.deb \
    && ln -s drishti /usr/sbin/nginx \
    && mkdir -p /var/log/nginx /var/cache/nginx /etc/nginx/conf.d /docker-entrypoint.d \
    && ln -sf /dev/stdout /var/log/nginx/access.log \
    && ln -sf /dev/stderr /var/log/nginx/error.log
COPY --from=build /drishti /usr/sbin/drishti
COPY deploy/image/etc/ /etc/nginx/
COPY deploy/image/etc/conf.d/default.conf /usr/share/drishti/default.conf
COPY deploy/image/html/ /usr/share/nginx/html/
COPY deploy/image/docker-entrypoint.sh /docker-entrypoint.sh
COPY deploy/image/hooks/ /docker-entrypoint.d/
ENTRYPOINT ["/docker-entrypoint.sh"]
EXPOSE 80
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
