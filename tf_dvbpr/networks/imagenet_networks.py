"""Lists the supported networks trained on ImageNet by name."""

# Our name: the module of keras.applications with its preprocess_input, the class, the side of its photos.
NETWORKS = {
    "convnext_tiny": ("convnext", "ConvNeXtTiny", 224),
    "convnext_small": ("convnext", "ConvNeXtSmall", 224),
    "convnext_base": ("convnext", "ConvNeXtBase", 224),
    "convnext_large": ("convnext", "ConvNeXtLarge", 224),
    "convnext_xlarge": ("convnext", "ConvNeXtXLarge", 224),
    "densenet121": ("densenet", "DenseNet121", 224),
    "efficientnet_b0": ("efficientnet", "EfficientNetB0", 224),
    "efficientnet_v2_b0": ("efficientnet_v2", "EfficientNetV2B0", 224),
    "efficientnet_v2_b1": ("efficientnet_v2", "EfficientNetV2B1", 240),
    "efficientnet_v2_b2": ("efficientnet_v2", "EfficientNetV2B2", 260),
    "efficientnet_v2_b3": ("efficientnet_v2", "EfficientNetV2B3", 300),
    "efficientnet_v2_s": ("efficientnet_v2", "EfficientNetV2S", 384),
    "efficientnet_v2_m": ("efficientnet_v2", "EfficientNetV2M", 480),
    "efficientnet_v2_l": ("efficientnet_v2", "EfficientNetV2L", 480),
    "inception_resnet_v2": ("inception_resnet_v2", "InceptionResNetV2", 299),
    "inception_v3": ("inception_v3", "InceptionV3", 299),
    "mobilenet": ("mobilenet", "MobileNet", 224),
    "mobilenet_v2": ("mobilenet_v2", "MobileNetV2", 224),
    "mobilenet_v3_small": ("mobilenet_v3", "MobileNetV3Small", 224),
    "mobilenet_v3_large": ("mobilenet_v3", "MobileNetV3Large", 224),
    "resnet50": ("resnet50", "ResNet50", 224),
    "resnet50_v2": ("resnet_v2", "ResNet50V2", 224),
    "resnet101": ("resnet", "ResNet101", 224),
    "resnet152": ("resnet", "ResNet152", 224),
    "vgg16": ("vgg16", "VGG16", 224),
    "vgg19": ("vgg19", "VGG19", 224),
    "xception": ("xception", "Xception", 299),
}

# Networks without BatchNormalization, thus without an epsilon.
WITHOUT_BATCH_NORM = ("vgg16", "vgg19", *(name for name in NETWORKS if name.startswith("convnext")))
CNNF = "cnnf"
LITE0 = "lite0"  # EfficientNet-Lite0, which is not in keras.applications
PRETRAINED = (*NETWORKS, LITE0)
# EfficientNet's first layer has numbers outside its variables, and its library weights come with one more layer.
BACKBONES = (CNNF, *(name for name in PRETRAINED if name != "efficientnet_b0"))
ALL = "all"  # the name for all layers of a backbone


def own_side(name: str) -> int:
    """Returns the side in pixels of the photos that a network of `PRETRAINED` was trained on."""
    return 224 if name == LITE0 else NETWORKS[name][2]


def is_folder(name: str) -> bool:
    """Returns whether a network's name is a folder's: one with a slash, as in ``./dinov2``."""
    return "/" in name or "\\" in name
