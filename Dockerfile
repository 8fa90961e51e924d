# docker build -t dreamer .                        torch for the CPU
# docker build -t dreamer --build-arg TORCH=cu128 .   torch for CUDA 12.8; run with --gpus all
FROM python:3.12-slim

ARG TORCH=cpu
RUN PIP_INDEX_URL="https://download.pytorch.org/whl/${TORCH}" pip install --no-cache-dir torch torchvision

WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY presets presets
COPY dreamer dreamer
RUN pip install --no-cache-dir '.[video]' && rm -rf /src

# Pictures come and go through /data; downloaded weights stay in a volume. ffmpeg comes with imageio-ffmpeg.
RUN mkdir -p /data /cache && chmod 777 /data /cache
ENV HOME=/cache XDG_CACHE_HOME=/cache TORCH_HOME=/cache/torch
VOLUME /cache
WORKDIR /data
ENTRYPOINT ["dreamer"]
CMD ["--help"]
