"""Lists the supported networks trained on ImageNet by name."""

# Our name: the module of keras.applications with its preprocess_input, the class, the side of its photos.
NETWORKS = {
    "densenet121": ("densenet", "DenseNet121", 224),
    "efficientnet_b0": ("efficientnet", "EfficientNetB0", 224),
    "inception_resnet_v2": ("inception_resnet_v2", "InceptionResNetV2", 299),
    "inception_v3": ("inception_v3", "InceptionV3", 299),
    "mobilenet": ("mobilenet", "MobileNet", 224),
    "mobilenet_v2": ("mobilenet_v2", "MobileNetV2", 224),
    "resnet50": ("resnet50", "ResNet50", 224),
    "resnet50_v2": ("resnet_v2", "ResNet50V2", 224),
    "resnet101": ("resnet", "ResNet101", 224),
    "resnet152": ("resnet", "ResNet152", 224),
    "vgg16": ("vgg16", "VGG16", 224),
    "vgg19": ("vgg19", "VGG19", 224),
    "xception": ("xception", "Xception", 299),
}

# Networks without BatchNormalization, thus without an epsilon.
WITHOUT_BATCH_NORM = ("vgg16", "vgg19")
CNNF = "cnnf"
# EfficientNet's first layer has numbers outside its variables, and its library weights come with one more layer.
BACKBONES = (CNNF, *(name for name in NETWORKS if name != "efficientnet_b0"))
ALL = "all"  # the name for all layers of a backbone
